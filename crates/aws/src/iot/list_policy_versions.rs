// SPDX-License-Identifier: Apache-2.0
//! ListPolicyVersions: all versions of a policy, newest first.

use serde_json::json;

use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "ListPolicyVersions", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let name = call.input.label("policyName");
    let identity = &call.deps.identity;
    let versions = identity.policy_versions(call.caller.account, name).await?;
    let versions: Vec<_> = versions
        .iter()
        .map(|version| {
            json!({
                "versionId": version.version.to_string(),
                "isDefaultVersion": version.is_default,
                "createDate": version.created.seconds_f64(),
            })
        })
        .collect();
    Ok(Output::Json(json!({"policyVersions": versions})))
}
