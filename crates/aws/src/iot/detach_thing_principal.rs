// SPDX-License-Identifier: Apache-2.0
//! DetachThingPrincipal: a certificate from a thing.

use serde_json::json;

use super::certificate_id;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "DetachThingPrincipal", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let certificate = certificate_id::from_principal_header(&call)?;
    let (thing, account) = (call.input.label("thingName"), call.caller.account);
    call.deps
        .fleet
        .detach_principal(account, thing, certificate)
        .await?;
    Ok(Output::Json(json!({})))
}
