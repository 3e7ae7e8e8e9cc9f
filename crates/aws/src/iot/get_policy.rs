// SPDX-License-Identifier: Apache-2.0
//! GetPolicy: a policy with its default version.

use serde_json::json;

use super::arns;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "GetPolicy", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let name = call.input.label("policyName");
    let policy = call.deps.identity.policy(call.caller.account, name).await?;
    Ok(Output::Json(json!({
        "policyName": policy.name,
        "policyArn": arns::policy(&call, &policy.name),
        "policyDocument": policy.document,
        "defaultVersionId": policy.default_version.to_string(),
        "creationDate": policy.created.seconds_f64(),
        "lastModifiedDate": policy.modified.seconds_f64(),
        "generationId": policy.generation_id,
    })))
}
