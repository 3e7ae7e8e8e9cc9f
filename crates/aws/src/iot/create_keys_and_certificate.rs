// SPDX-License-Identifier: Apache-2.0
//! CreateKeysAndCertificate: a key pair (RSA 2048, or as set) and its certificate. The private key
//! is not kept.

use serde_json::json;

use super::arns;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "CreateKeysAndCertificate", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let active = call.input.flag("setAsActive")?;
    let (identity, authority) = (&call.deps.identity, &call.deps.authority);
    let made = identity
        .create_keys_and_certificate(call.caller.account, authority, active)
        .await?;
    let id = made.certificate.id;
    Ok(Output::Json(json!({
        "certificateArn": arns::certificate(&call, id),
        "certificateId": id.to_string(),
        "certificatePem": made.certificate.pem,
        "keyPair": {"PublicKey": made.public_key_pem, "PrivateKey": made.private_key_pem.as_str()},
    })))
}
