// SPDX-License-Identifier: Apache-2.0
//! CreateThingGroup: a static group, at the top or in another one; the same again answers the same.

use serde::Deserialize;
use serde_json::json;

use super::tags::{Given, given};
use super::thing_group::Properties;
use super::{arns, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "CreateThingGroup", run);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    parent_group_name: Option<String>,
    thing_group_properties: Option<Properties>,
    tags: Option<Vec<Given>>,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (name, account) = (call.input.label("thingGroupName"), call.caller.account);
    let body: Body = call.input.json()?;
    let properties = body.thing_group_properties.unwrap_or_default().make();
    let (parent, tags) = (body.parent_group_name.as_deref(), given(body.tags));
    let arn = arns::thing_group(&call, name);
    let made = call
        .deps
        .fleet
        .create_group(account, name, parent, properties, &tags)
        .await
        .map_err(|error| shapes::exists(error, &arn))?;
    Ok(Output::Json(json!({
        "thingGroupName": made.name,
        "thingGroupArn": arn,
        "thingGroupId": made.id,
    })))
}
