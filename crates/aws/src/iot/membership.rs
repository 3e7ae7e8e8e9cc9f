// SPDX-License-Identifier: Apache-2.0
//! Where requests name a thing and a group: each by its name, its ARN, or both.

use hw_model::arn::{Kind, name_in};
use serde::Deserialize;

use crate::error::AwsError;
use crate::operation::Call;

/// What AddThingToThingGroup and RemoveThingFromThingGroup are given. There are no dynamic groups, so
/// `overrideDynamicGroups` changes nothing.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Body {
    thing_group_name: Option<String>,
    thing_group_arn: Option<String>,
    thing_name: Option<String>,
    thing_arn: Option<String>,
}

impl Body {
    /// The thing's name, and the group's.
    pub fn names(&self, call: &Call<'_>) -> Result<(String, String), AwsError> {
        let thing = (self.thing_name.as_deref(), self.thing_arn.as_deref());
        let group = (
            self.thing_group_name.as_deref(),
            self.thing_group_arn.as_deref(),
        );
        Ok((
            name(call, Kind::Thing, "thing", thing)?,
            name(call, Kind::ThingGroup, "thingGroup", group)?,
        ))
    }
}

fn name(
    call: &Call<'_>,
    kind: Kind,
    what: &str,
    (name, arn): (Option<&str>, Option<&str>),
) -> Result<String, AwsError> {
    let in_arn = |arn: &str| {
        let name = name_in(arn, call.caller.account, kind).map(str::to_owned);
        name.ok_or_else(|| {
            let message = format!("{what}Arn is not the ARN of one in this account");
            AwsError::invalid(message)
        })
    };
    match (name, arn.map(in_arn).transpose()?) {
        (Some(name), Some(other)) if name != other => Err(AwsError::invalid(format!(
            "{what}Name and {what}Arn name two different ones"
        ))),
        (Some(name), _) => Ok(name.to_owned()),
        (None, Some(name)) => Ok(name),
        (None, None) => Err(AwsError::invalid(format!(
            "{what}Name or {what}Arn is required"
        ))),
    }
}
