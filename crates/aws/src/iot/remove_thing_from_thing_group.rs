// SPDX-License-Identifier: Apache-2.0
//! RemoveThingFromThingGroup: not in it is fine; live connections follow at once.

use serde_json::json;

use super::membership::Body;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "RemoveThingFromThingGroup", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let body: Body = call.input.json()?;
    let (thing, group) = body.names(&call)?;
    call.deps
        .fleet
        .remove_from_group(call.caller.account, &thing, &group)
        .await?;
    Ok(Output::Json(json!({})))
}
