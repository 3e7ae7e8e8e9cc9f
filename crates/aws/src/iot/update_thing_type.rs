// SPDX-License-Identifier: Apache-2.0
//! UpdateThingType: description and searchable attributes; what is left out stays.

use hw_fleet::types::TypeUpdate;
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
    let update = TypeUpdate {
        description: properties.thing_type_description,
        searchable_attributes: properties.searchable_attributes,
        expected_version: None,
    };
    let fleet = &call.deps.fleet;
    fleet.update_type(account, name, &update).await?;
    Ok(Output::Json(json!({})))
}
