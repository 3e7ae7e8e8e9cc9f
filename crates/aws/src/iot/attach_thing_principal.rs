// SPDX-License-Identifier: Apache-2.0
//! AttachThingPrincipal: a certificate to a thing.

use hw_fleet::principals::Attachment;
use serde_json::json;

use super::certificate_id;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "AttachThingPrincipal", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let certificate = certificate_id::from_principal_header(&call)?;
    let how = match call.input.query("thingPrincipalType") {
        None => Attachment::default(),
        Some(text) => Attachment::parse(text).ok_or_else(|| {
            AwsError::invalid("thingPrincipalType is EXCLUSIVE_THING or NON_EXCLUSIVE_THING")
        })?,
    };
    let (thing, account) = (call.input.label("thingName"), call.caller.account);
    call.deps
        .fleet
        .attach_principal(account, thing, certificate, how)
        .await?;
    Ok(Output::Json(json!({})))
}
