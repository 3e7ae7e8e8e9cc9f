// SPDX-License-Identifier: Apache-2.0
//! CreatePolicy: a policy with its first version.

use hw_identity::IdentityError;
use serde::Deserialize;
use serde_json::json;

use super::arns;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "CreatePolicy", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    policy_document: String,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let name = call.input.label("policyName");
    let body: Body = call.input.json()?;
    let arn = arns::policy(&call, name);
    let made = call
        .deps
        .identity
        .create_policy(call.caller.account, name, &body.policy_document);
    match made.await {
        Ok(policy) => Ok(Output::Json(json!({
            "policyName": policy.name,
            "policyArn": arn,
            "policyDocument": policy.document,
            "policyVersionId": policy.default_version.to_string(),
        }))),
        Err(error @ IdentityError::Exists { .. }) => {
            Err(AwsError::exists(error.to_string(), name, &arn))
        }
        Err(error) => Err(error.into()),
    }
}
