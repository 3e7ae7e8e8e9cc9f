// SPDX-License-Identifier: Apache-2.0
//! CreateCertificateFromCsr: a certificate for a key that the caller keeps.

use serde::Deserialize;
use serde_json::json;

use super::arns;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "CreateCertificateFromCsr", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    certificate_signing_request: String,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let active = call.input.flag("setAsActive")?;
    let body: Body = call.input.json()?;
    let (identity, authority) = (&call.deps.identity, &call.deps.authority);
    let request = &body.certificate_signing_request;
    let made = identity
        .create_certificate_from_request(call.caller.account, authority, request, active)
        .await?;
    Ok(Output::Json(json!({
        "certificateArn": arns::certificate(&call, made.id),
        "certificateId": made.id.to_string(),
        "certificatePem": made.pem,
    })))
}
