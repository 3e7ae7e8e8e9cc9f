// SPDX-License-Identifier: Apache-2.0
//! UpdateThing: a thing's attributes, merged or replaced; its type given or taken away.

use hw_fleet::things::ThingUpdate;
use serde::Deserialize;
use serde_json::json;

use super::attribute_payload::AttributePayload;
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

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (name, account) = (call.input.label("thingName"), call.caller.account);
    let body: Body = call.input.json()?;
    let payload = body.attribute_payload;
    let update = ThingUpdate {
        merge: payload.as_ref().is_some_and(AttributePayload::merge),
        attributes: payload.map(AttributePayload::attributes),
        thing_type: body.thing_type_name,
        remove_type: body.remove_thing_type.unwrap_or(false),
        expected_version: body.expected_version,
    };
    call.deps.fleet.update_thing(account, name, &update).await?;
    Ok(Output::Json(json!({})))
}
