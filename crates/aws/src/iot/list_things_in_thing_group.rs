// SPDX-License-Identifier: Apache-2.0
//! ListThingsInThingGroup: things of a group by name, with `recursive=true` those of the groups below
//! it, too.

use serde_json::json;

use super::{paging, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListThingsInThingGroup", run);

const LIST: &str = "ListThingsInThingGroup";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (after, count) = paging::next_token(&call.input, LIST)?;
    let recursive = call.input.flag("recursive")?;
    let (name, account) = (call.input.label("thingGroupName"), call.caller.account);
    let page = call
        .deps
        .fleet
        .things_in_group(account, name, recursive, after.as_deref(), count)
        .await?;
    let next = page.next.map(|last| paging::token(LIST, &last));
    Ok(Output::Json(shapes::without_nulls(
        json!({"things": page.names, "nextToken": next}),
    )))
}
