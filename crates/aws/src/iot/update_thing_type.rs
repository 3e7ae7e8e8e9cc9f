// SPDX-License-Identifier: Apache-2.0
//! UpdateThingType: description and searchable attributes; what is left out stays.

use serde::Deserialize;
use serde_json::json;

use super::thing_type::Properties;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "UpdateThingType", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    thing_type_properties: Option<Properties>,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (name, account) = (call.input.label("thingTypeName"), call.caller.account);
    let body: Body = call.input.json()?;
    let properties = body.thing_type_properties.unwrap_or_default();
    properties.check()?;
    let (description, searchable) = (
        properties.thing_type_description,
        properties.searchable_attributes,
    );
    call.deps
        .fleet
        .update_type(account, name, description, searchable)
        .await?;
    Ok(Output::Json(json!({})))
}
