// SPDX-License-Identifier: Apache-2.0
//! SetDefaultPolicyVersion: another version counts from now on, for live connections too.

use serde_json::json;

use super::policy_version_id;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "SetDefaultPolicyVersion", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let name = call.input.label("policyName");
    let id = policy_version_id::from_label(&call)?;
    call.deps
        .identity
        .set_default_policy_version(call.caller.account, name, id)
        .await?;
    Ok(Output::Json(json!({})))
}
