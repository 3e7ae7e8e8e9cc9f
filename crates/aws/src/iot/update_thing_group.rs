// SPDX-License-Identifier: Apache-2.0
//! UpdateThingGroup: a group's description and attributes, merged or replaced.

use hw_fleet::groups::GroupUpdate;
use serde::Deserialize;
use serde_json::json;

use super::attribute_payload::AttributePayload;
use super::thing_group::Properties;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "UpdateThingGroup", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    thing_group_properties: Properties,
    expected_version: Option<i64>,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (name, account) = (call.input.label("thingGroupName"), call.caller.account);
    let body: Body = call.input.json()?;
    let properties = body.thing_group_properties;
    let payload = properties.attribute_payload;
    let update = GroupUpdate {
        description: properties.thing_group_description,
        merge: payload.as_ref().is_some_and(AttributePayload::merge),
        attributes: payload.map(AttributePayload::attributes),
        expected_version: body.expected_version,
    };
    let version = call.deps.fleet.update_group(account, name, &update).await?;
    Ok(Output::Json(json!({"version": version})))
}
