// SPDX-License-Identifier: Apache-2.0
//! GetEffectivePolicies: the policies that count for a certificate, with their documents.

use serde::Deserialize;
use serde_json::json;

use super::{arns, principal};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "GetEffectivePolicies", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    principal: Option<String>,
    cognito_identity_pool_id: Option<String>,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let body: Body = call.input.json()?;
    let account = call.caller.account;
    let pool = body.cognito_identity_pool_id.as_deref();
    let certificate = principal::of(&call, body.principal.as_deref(), pool)?;
    // Policies of thing groups will count too; a thing of its own has none.
    if let Some(thing) = call.input.query("thingName") {
        call.deps.fleet.thing(account, thing).await?;
    }
    let policies = match certificate {
        Some(id) => call.deps.identity.effective_policies(account, id).await?,
        None => Vec::new(),
    };
    let policies: Vec<_> = policies
        .iter()
        .map(|(name, document)| {
            json!({
                "policyName": name,
                "policyArn": arns::policy(&call, name),
                "policyDocument": document,
            })
        })
        .collect();
    Ok(Output::Json(json!({"effectivePolicies": policies})))
}
