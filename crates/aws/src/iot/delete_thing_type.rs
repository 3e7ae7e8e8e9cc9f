// SPDX-License-Identifier: Apache-2.0
//! DeleteThingType: one that has been deprecated for 5 minutes and that no thing has.

use serde_json::json;

use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "DeleteThingType", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let name = call.input.label("thingTypeName");
    call.deps
        .fleet
        .delete_type(call.caller.account, name)
        .await?;
    Ok(Output::Json(json!({})))
}
