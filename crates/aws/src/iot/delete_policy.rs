// SPDX-License-Identifier: Apache-2.0
//! DeletePolicy: one that nobody has, with its last version.

use serde_json::json;

use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "DeletePolicy", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let name = call.input.label("policyName");
    let identity = &call.deps.identity;
    identity.delete_policy(call.caller.account, name).await?;
    Ok(Output::Json(json!({})))
}
