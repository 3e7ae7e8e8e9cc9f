// SPDX-License-Identifier: Apache-2.0
//! RegisterCertificate: a certificate that a CA signed; the CA's certificate is given with it, or it
//! is this server's own.

use hw_identity::certificates::{RegisterStatus, Registration};
use serde::Deserialize;

use super::registration;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "RegisterCertificate", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    certificate_pem: String,
    ca_certificate_pem: Option<String>,
    status: Option<String>,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    // The older way to say ACTIVE; a status counts more.
    let active = call.input.flag("setAsActive")?;
    let body: Body = call.input.json()?;
    let status = match registration::status(body.status.as_deref())? {
        Some(status) => status,
        None if active => RegisterStatus::Active,
        None => RegisterStatus::default(),
    };
    let by = match &body.ca_certificate_pem {
        Some(pem) => Registration::Ca(pem),
        None => Registration::OwnCa(&call.deps.authority),
    };
    let registered = call
        .deps
        .identity
        .register_certificate(call.caller.account, &body.certificate_pem, by, status)
        .await?;
    Ok(registration::answer(&call, &registered))
}
