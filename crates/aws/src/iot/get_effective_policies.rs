// SPDX-License-Identifier: Apache-2.0
//! GetEffectivePolicies: the policies that count for a certificate or thing group, with their
//! documents; of a certificate those of a thing's groups, too.

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
    let principal = principal::of(&call, body.principal.as_deref(), pool)?;
    let thing = call.input.query("thingName");
    if let Some(thing) = thing {
        call.deps.fleet.thing(account, thing).await?;
    }
    let policies = call
        .deps
        .identity
        .effective_policies(account, principal.as_ref(), thing)
        .await?;
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
