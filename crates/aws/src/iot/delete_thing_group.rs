// SPDX-License-Identifier: Apache-2.0
//! DeleteThingGroup: one without groups below it; one that is not there is deleted already.

use serde_json::json;

use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "DeleteThingGroup", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let expected = call.input.number("expectedVersion")?;
    let name = call.input.label("thingGroupName");
    call.deps
        .fleet
        .delete_group(call.caller.account, name, expected)
        .await?;
    Ok(Output::Json(json!({})))
}
