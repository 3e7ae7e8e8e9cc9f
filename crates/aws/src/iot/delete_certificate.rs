// SPDX-License-Identifier: Apache-2.0
//! DeleteCertificate: one that is not ACTIVE and that nothing uses.

use serde_json::json;

use super::certificate_id;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "DeleteCertificate", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let id = certificate_id::from_label(&call)?;
    let force = call.input.flag("forceDelete")?;
    call.deps
        .identity
        .delete_certificate(call.caller.account, id, force)
        .await?;
    Ok(Output::Json(json!({})))
}
