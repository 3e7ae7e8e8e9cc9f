// SPDX-License-Identifier: Apache-2.0
//! UpdateThingGroupsForThing: out of some groups, then into others; all of it or nothing.

use serde::Deserialize;
use serde_json::json;

use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "UpdateThingGroupsForThing", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    thing_name: Option<String>,
    #[serde(default)]
    thing_groups_to_add: Vec<String>,
    #[serde(default)]
    thing_groups_to_remove: Vec<String>,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let body: Body = call.input.json()?;
    let thing = body.thing_name.as_deref();
    let thing = thing.ok_or_else(|| AwsError::invalid("thingName is required"))?;
    let (add, remove) = (&body.thing_groups_to_add, &body.thing_groups_to_remove);
    call.deps
        .fleet
        .change_groups(call.caller.account, thing, add, remove)
        .await?;
    Ok(Output::Json(json!({})))
}
