// SPDX-License-Identifier: Apache-2.0
//! ListThingGroupsForThing: the groups that a thing is in itself, by name.

use serde_json::json;

use super::{paging, shapes, thing_group};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListThingGroupsForThing", run);

const LIST: &str = "ListThingGroupsForThing";

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (after, count) = paging::next_token(&call.input, LIST)?;
    let (thing, account) = (call.input.label("thingName"), call.caller.account);
    let page = call
        .deps
        .fleet
        .groups_of_thing(account, thing, after.as_deref(), count)
        .await?;
    let groups = thing_group::named(&call, &page.names);
    let next = page.next.map(|last| paging::token(LIST, &last));
    Ok(Output::Json(shapes::without_nulls(
        json!({"thingGroups": groups, "nextToken": next}),
    )))
}
