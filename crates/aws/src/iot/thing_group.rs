// SPDX-License-Identifier: Apache-2.0
//! Thing groups in bodies and answers.

use hw_fleet::groups::GroupProperties;
use serde::Deserialize;
use serde_json::{Value, json};

use super::arns;
use super::attribute_payload::AttributePayload;
use crate::operation::Call;

/// `thingGroupProperties`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Properties {
    pub thing_group_description: Option<String>,
    pub attribute_payload: Option<AttributePayload>,
}

impl Properties {
    /// Those of a new group.
    pub fn make(self) -> GroupProperties {
        GroupProperties {
            description: self.thing_group_description,
            attributes: self.attribute_payload.unwrap_or_default().attributes(),
        }
    }
}

/// Groups by name and ARN, as every list of them has them.
pub(crate) fn named(call: &Call<'_>, names: &[String]) -> Vec<Value> {
    let one = |name: &String| json!({"groupName": name, "groupArn": arns::thing_group(call, name)});
    names.iter().map(one).collect()
}
