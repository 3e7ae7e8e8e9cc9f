// SPDX-License-Identifier: Apache-2.0
//! GetPolicyVersion: one version of a policy.

use serde_json::json;

use super::{arns, policy_version_id};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "GetPolicyVersion", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let name = call.input.label("policyName");
    let id = policy_version_id::from_label(&call)?;
    let version = call
        .deps
        .identity
        .policy_version(call.caller.account, name, id)
        .await?;
    Ok(Output::Json(json!({
        "policyArn": arns::policy(&call, name),
        "policyName": name,
        "policyDocument": version.document,
        "policyVersionId": version.version.to_string(),
        "isDefaultVersion": version.is_default,
        "creationDate": version.created.seconds_f64(),
        "lastModifiedDate": version.created.seconds_f64(),
        "generationId": version.generation_id,
    })))
}
