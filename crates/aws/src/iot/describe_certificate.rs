// SPDX-License-Identifier: Apache-2.0
//! DescribeCertificate: a registered certificate.

use serde_json::json;

use super::{arns, certificate_id, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "DescribeCertificate", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let id = certificate_id::from_label(&call)?;
    let account = call.caller.account;
    let certificate = call.deps.identity.certificate(account, id).await?;
    let description = json!({
        "certificateArn": arns::certificate(&call, id),
        "certificateId": id.to_string(),
        "caCertificateId": certificate.ca_certificate_id,
        "status": certificate.status,
        "certificatePem": certificate.pem,
        "ownedBy": account.to_string(),
        "creationDate": certificate.created.seconds_f64(),
        "lastModifiedDate": certificate.modified.seconds_f64(),
        "customerVersion": certificate.customer_version,
        "transferData": {},
        "generationId": certificate.generation_id,
        "validity": {
            "notBefore": certificate.not_before.seconds_f64(),
            "notAfter": certificate.not_after.seconds_f64(),
        },
        "certificateMode": certificate.mode,
    });
    let description = shapes::without_nulls(description);
    Ok(Output::Json(json!({"certificateDescription": description})))
}
