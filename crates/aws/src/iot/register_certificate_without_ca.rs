// SPDX-License-Identifier: Apache-2.0
//! RegisterCertificateWithoutCA: a certificate that is trusted for itself.

use hw_identity::certificates::Registration;
use serde::Deserialize;

use super::registration;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "RegisterCertificateWithoutCA", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    certificate_pem: String,
    status: Option<String>,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let body: Body = call.input.json()?;
    let status = registration::status(body.status.as_deref())?.unwrap_or_default();
    let registered = call
        .deps
        .identity
        .register_certificate(
            call.caller.account,
            &body.certificate_pem,
            Registration::WithoutCa,
            status,
        )
        .await?;
    Ok(registration::answer(&call, &registered))
}
