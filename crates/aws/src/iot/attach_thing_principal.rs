// SPDX-License-Identifier: Apache-2.0
//! AttachThingPrincipal: a certificate to a thing.

use serde_json::json;

use super::{attachments, certificate_id};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "AttachThingPrincipal", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let certificate = certificate_id::from_principal_header(&call)?;
    let how = attachments::kind(&call)?.unwrap_or_default();
    let (thing, account) = (call.input.label("thingName"), call.caller.account);
    call.deps
        .fleet
        .attach_principal(account, thing, certificate, how)
        .await?;
    Ok(Output::Json(json!({})))
}
