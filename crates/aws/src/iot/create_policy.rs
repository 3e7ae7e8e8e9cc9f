// SPDX-License-Identifier: Apache-2.0
//! CreatePolicy: a policy with its first version.

use serde::Deserialize;
use serde_json::{Value, json};

use super::arns;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "CreatePolicy", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    policy_document: String,
    tags: Option<Vec<Value>>,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let name = call.input.label("policyName");
    let body: Body = call.input.json()?;
    if body.tags.is_some_and(|tags| !tags.is_empty()) {
        let message = "tags are not kept by this release of Headwater; leave them out";
        return Err(AwsError::invalid(message));
    }
    let arn = arns::policy(&call, name);
    let made = call
        .deps
        .identity
        .create_policy(call.caller.account, name, &body.policy_document);
    let policy = made.await?;
    Ok(Output::Json(json!({
        "policyName": policy.name,
        "policyArn": arn,
        "policyDocument": policy.document,
        "policyVersionId": policy.default_version.to_string(),
    })))
}
