// SPDX-License-Identifier: Apache-2.0
//! DescribeThingGroup: a group, and the groups that it is in.

use serde_json::json;

use super::{arns, shapes, thing_group};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "DescribeThingGroup", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (name, account) = (call.input.label("thingGroupName"), call.caller.account);
    let fleet = &call.deps.fleet;
    let group = fleet.group(account, name).await?;
    let above = match group.parent {
        Some(_) => Some(fleet.groups_above(account, name).await?),
        None => None,
    };
    let above = above.map(|names| thing_group::named(&call, &names));
    Ok(Output::Json(json!({
        "thingGroupName": group.name,
        "thingGroupId": group.id,
        "thingGroupArn": arns::thing_group(&call, &group.name),
        "version": group.version,
        "thingGroupProperties": shapes::without_nulls(json!({
            "thingGroupDescription": group.properties.description,
            "attributePayload": {"attributes": group.properties.attributes},
        })),
        "thingGroupMetadata": shapes::without_nulls(json!({
            "parentGroupName": group.parent,
            "rootToParentThingGroups": above,
            "creationDate": group.created.seconds_f64(),
        })),
    })))
}
