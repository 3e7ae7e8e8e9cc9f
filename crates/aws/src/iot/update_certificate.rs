// SPDX-License-Identifier: Apache-2.0
//! UpdateCertificate: sets a certificate ACTIVE, INACTIVE or REVOKED; live connections follow at once.

use serde_json::json;

use super::certificate_id;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "UpdateCertificate", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let id = certificate_id::from_label(&call)?;
    let status = call.input.query("newStatus");
    let status = status.ok_or_else(|| AwsError::invalid("newStatus is required"))?;
    call.deps
        .identity
        .set_certificate_status(call.caller.account, id, status)
        .await?;
    Ok(Output::Json(json!({})))
}
