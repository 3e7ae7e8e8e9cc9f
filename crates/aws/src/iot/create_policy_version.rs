// SPDX-License-Identifier: Apache-2.0
//! CreatePolicyVersion: another version of a policy, the one that counts if it is so asked.

use serde::Deserialize;
use serde_json::json;

use super::arns;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "CreatePolicyVersion", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    policy_document: String,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let name = call.input.label("policyName");
    let as_default = call.input.flag("setAsDefault")?;
    let body: Body = call.input.json()?;
    let version = call
        .deps
        .identity
        .create_policy_version(call.caller.account, name, &body.policy_document, as_default)
        .await?;
    Ok(Output::Json(json!({
        "policyArn": arns::policy(&call, name),
        "policyDocument": version.document,
        "policyVersionId": version.version.to_string(),
        "isDefaultVersion": version.is_default,
    })))
}
