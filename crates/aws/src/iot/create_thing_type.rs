// SPDX-License-Identifier: Apache-2.0
//! CreateThingType: the same again answers the same.

use serde::Deserialize;
use serde_json::json;

use super::tags::{Given, given};
use super::thing_type::Properties;
use super::{arns, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "CreateThingType", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    thing_type_properties: Option<Properties>,
    tags: Option<Vec<Given>>,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (name, account) = (call.input.label("thingTypeName"), call.caller.account);
    let body: Body = call.input.json()?;
    let properties = body.thing_type_properties.unwrap_or_default().make()?;
    let tags = given(body.tags);
    let arn = arns::thing_type(&call, name);
    let made = call
        .deps
        .fleet
        .create_type(account, name, properties, &tags)
        .await
        .map_err(|error| shapes::exists(error, &arn))?;
    Ok(Output::Json(json!({
        "thingTypeName": made.name,
        "thingTypeArn": arn,
        "thingTypeId": made.id,
    })))
}
