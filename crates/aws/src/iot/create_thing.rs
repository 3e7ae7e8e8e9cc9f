// SPDX-License-Identifier: Apache-2.0
//! CreateThing: a thing in the registry; the same again answers the same.

use std::collections::BTreeMap;

use hw_fleet::FleetError;
use serde::Deserialize;
use serde_json::json;

use super::arns;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "CreateThing", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    thing_type_name: Option<String>,
    billing_group_name: Option<String>,
    #[serde(default)]
    attribute_payload: AttributePayload,
}

#[derive(Deserialize, Default)]
struct AttributePayload {
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (name, account) = (call.input.label("thingName"), call.caller.account);
    let body: Body = call.input.json()?;
    // Neither thing types nor billing groups are there yet, so none can be named.
    if let Some(kind) = body.thing_type_name {
        return Err(AwsError::not_found(format!(
            "Thing type {kind} does not exist"
        )));
    }
    if let Some(group) = body.billing_group_name {
        return Err(AwsError::not_found(format!(
            "Billing group {group} does not exist"
        )));
    }
    let attributes = body.attribute_payload.attributes;
    let arn = arns::thing(&call, name);
    match call
        .deps
        .fleet
        .create_thing(account, name, attributes)
        .await
    {
        Ok(thing) => Ok(Output::Json(
            json!({"thingName": thing.name, "thingArn": arn, "thingId": thing.id}),
        )),
        Err(error @ FleetError::Exists { .. }) => {
            let FleetError::Exists { thing_id, .. } = &error else {
                return Err(error.into());
            };
            Err(AwsError::exists(error.to_string(), thing_id, &arn))
        }
        Err(error) => Err(error.into()),
    }
}
