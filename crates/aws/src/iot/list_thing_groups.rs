// SPDX-License-Identifier: Apache-2.0
//! ListThingGroups: groups by name, in pages. Without a parent all of them, or with `recursive=false`
//! those at the top; with a parent those right below it, or with `recursive=true` all below it.

use hw_fleet::groups::{GroupQuery, GroupScope};
use serde_json::json;

use super::{paging, shapes, thing_group};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListThingGroups", run);

const LIST: &str = "ListThingGroups";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let input = &call.input;
    let said = input.query("recursive").is_some();
    let recursive = said.then(|| input.flag("recursive")).transpose()?;
    let scope = match (input.query("parentGroup"), recursive) {
        (None, Some(false)) => GroupScope::Top,
        (None, _) => GroupScope::All,
        (Some(parent), Some(true)) => GroupScope::FarBelow(parent),
        (Some(parent), _) => GroupScope::Below(parent),
    };
    let (after, count) = paging::next_token(input, LIST)?;
    let query = GroupQuery {
        scope,
        prefix: input.query("namePrefixFilter").unwrap_or_default(),
        after: after.as_deref(),
        count,
    };
    let page = call.deps.fleet.groups(call.caller.account, &query).await?;
    let groups = thing_group::named(&call, &page.names);
    let next = page.next.map(|last| paging::token(LIST, &last));
    Ok(Output::Json(shapes::without_nulls(
        json!({"thingGroups": groups, "nextToken": next}),
    )))
}
