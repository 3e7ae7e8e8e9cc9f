// SPDX-License-Identifier: Apache-2.0
//! AddThingToThingGroup: in it already is fine; live connections follow at once.

use serde_json::json;

use super::membership::Body;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "AddThingToThingGroup", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let body: Body = call.input.json()?;
    let (thing, group) = body.names(&call)?;
    call.deps
        .fleet
        .add_to_group(call.caller.account, &thing, &group)
        .await?;
    Ok(Output::Json(json!({})))
}
