// SPDX-License-Identifier: Apache-2.0
//! UpdateThing: a thing's attributes, merged or replaced; its type taken away.

use std::collections::BTreeMap;

use hw_fleet::things::ThingUpdate;
use serde::Deserialize;
use serde_json::json;

use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "UpdateThing", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    thing_type_name: Option<String>,
    attribute_payload: Option<AttributePayload>,
    expected_version: Option<i64>,
    remove_thing_type: Option<bool>,
}

#[derive(Deserialize)]
struct AttributePayload {
    attributes: Option<BTreeMap<String, String>>,
    merge: Option<bool>,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (name, account) = (call.input.label("thingName"), call.caller.account);
    let body: Body = call.input.json()?;
    let remove_type = body.remove_thing_type.unwrap_or(false);
    if let Some(kind) = body.thing_type_name {
        if remove_type {
            let message = "thingTypeName and removeThingType exclude each other";
            return Err(AwsError::invalid(message));
        }
        call.deps.fleet.thing(account, name).await?;
        // Thing types are not there yet, so none can be named.
        let message = format!("Thing type {kind} does not exist");
        return Err(AwsError::not_found(message));
    }
    let payload = body.attribute_payload;
    let update = ThingUpdate {
        merge: payload.as_ref().and_then(|p| p.merge).unwrap_or(false),
        attributes: payload.map(|payload| payload.attributes.unwrap_or_default()),
        remove_type,
        expected_version: body.expected_version,
    };
    call.deps.fleet.update_thing(account, name, &update).await?;
    Ok(Output::Json(json!({})))
}
