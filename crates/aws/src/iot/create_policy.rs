// SPDX-License-Identifier: Apache-2.0
//! CreatePolicy: a policy with its first version, and tags.

use serde::Deserialize;
use serde_json::json;

use super::arns;
use super::tags::{Given, given};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "CreatePolicy", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    policy_document: String,
    tags: Option<Vec<Given>>,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let name = call.input.label("policyName");
    let body: Body = call.input.json()?;
    let tags = given(body.tags);
    let arn = arns::policy(&call, name);
    let (identity, account) = (&call.deps.identity, call.caller.account);
    let policy = identity
        .create_tagged_policy(account, name, &body.policy_document, &tags)
        .await?;
    Ok(Output::Json(json!({
        "policyName": policy.name,
        "policyArn": arn,
        "policyDocument": policy.document,
        "policyVersionId": policy.default_version.to_string(),
    })))
}
