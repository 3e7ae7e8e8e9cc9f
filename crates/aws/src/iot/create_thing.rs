// SPDX-License-Identifier: Apache-2.0
//! CreateThing: a thing in the registry; the same again answers the same.

use serde::Deserialize;
use serde_json::json;

use super::attribute_payload::AttributePayload;
use super::{arns, shapes};
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

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (name, account) = (call.input.label("thingName"), call.caller.account);
    let body: Body = call.input.json()?;
    // Billing groups are not there, so none can be named.
    if let Some(group) = body.billing_group_name {
        return Err(AwsError::not_found(format!(
            "Billing group {group} does not exist"
        )));
    }
    let thing_type = body.thing_type_name.as_deref();
    let attributes = body.attribute_payload.attributes();
    let arn = arns::thing(&call, name);
    let thing = call
        .deps
        .fleet
        .create_thing_of_type(account, name, thing_type, attributes)
        .await
        .map_err(|error| shapes::exists(error, &arn))?;
    Ok(Output::Json(
        json!({"thingName": thing.name, "thingArn": arn, "thingId": thing.id}),
    ))
}
