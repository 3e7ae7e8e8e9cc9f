// SPDX-License-Identifier: Apache-2.0
//! DeprecateThingType: no thing can be given it any more, or again.

use serde::Deserialize;
use serde_json::json;

use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "DeprecateThingType", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    undo_deprecate: Option<bool>,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (name, account) = (call.input.label("thingTypeName"), call.caller.account);
    let body: Body = call.input.json()?;
    let undo = body.undo_deprecate.unwrap_or(false);
    call.deps.fleet.deprecate_type(account, name, undo).await?;
    Ok(Output::Json(json!({})))
}
