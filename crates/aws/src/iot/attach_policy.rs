// SPDX-License-Identifier: Apache-2.0
//! AttachPolicy: to a certificate or thing group; attached already is fine.

use serde_json::json;

use super::policy_target;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "AttachPolicy", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let target = policy_target::from_body(&call)?;
    let (name, account) = (call.input.label("policyName"), call.caller.account);
    call.deps
        .identity
        .attach_policy(account, name, target)
        .await?;
    Ok(Output::Json(json!({})))
}
