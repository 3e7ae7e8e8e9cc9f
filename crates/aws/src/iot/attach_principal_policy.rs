// SPDX-License-Identifier: Apache-2.0
//! AttachPrincipalPolicy: the older name of AttachPolicy, with the certificate in a header.

use serde_json::json;

use super::certificate_id;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "AttachPrincipalPolicy", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let certificate = certificate_id::from_iot_principal_header(&call)?;
    let (name, account) = (call.input.label("policyName"), call.caller.account);
    call.deps
        .identity
        .attach_policy(account, name, certificate)
        .await?;
    Ok(Output::Json(json!({})))
}
