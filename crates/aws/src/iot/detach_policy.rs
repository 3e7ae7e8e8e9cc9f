// SPDX-License-Identifier: Apache-2.0
//! DetachPolicy: from a certificate or thing group; live connections follow at once.

use serde_json::json;

use super::policy_target;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "DetachPolicy", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let target = policy_target::from_body(&call)?;
    let (name, account) = (call.input.label("policyName"), call.caller.account);
    call.deps
        .identity
        .detach_policy(account, name, target)
        .await?;
    Ok(Output::Json(json!({})))
}
