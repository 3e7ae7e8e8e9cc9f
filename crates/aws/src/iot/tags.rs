// SPDX-License-Identifier: Apache-2.0
//! Tags in bodies and answers, and the ARNs of what has them.

use hw_kernel::tags::TAGGED;
use hw_model::Tag;
use hw_model::arn::{Kind, name_in};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::AwsError;
use crate::operation::Call;

/// Kinds of AWS IoT's that have tags there, and that no account has here.
const NOT_HERE: &[&str] = &[
    "billinggroup",
    "cacert",
    "custommetric",
    "dimension",
    "domainconfiguration",
    "fleetmetric",
    "job",
    "jobtemplate",
    "mitigationaction",
    "otaupdate",
    "package",
    "provisioningtemplate",
    "rolealias",
    "rule",
    "scheduledaudit",
    "securityprofile",
    "stream",
];

/// A tag of a body.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Given {
    key: String,
    value: Option<String>,
}

/// The tags of a body; without a value, it is empty.
pub(crate) fn given(tags: Option<Vec<Given>>) -> Vec<Tag> {
    let one = |given: Given| Tag {
        key: given.key,
        value: given.value.unwrap_or_default(),
    };
    tags.unwrap_or_default().into_iter().map(one).collect()
}

/// Tags of an answer.
pub(crate) fn shown<'a>(tags: impl Iterator<Item = &'a Tag>) -> Vec<Value> {
    tags.map(|tag| json!({"Key": tag.key, "Value": tag.value}))
        .collect()
}

/// Kind and name from the ARN of something that has tags.
pub(crate) fn resource<'a>(call: &Call<'_>, arn: &'a str) -> Result<(Kind, &'a str), AwsError> {
    let account = call.caller.account;
    let named = |kind: &Kind| Some((*kind, name_in(arn, account, *kind)?));
    if let Some(found) = TAGGED.iter().find_map(named) {
        return Ok(found);
    }
    let shown: String = arn.chars().take(200).collect();
    for kind in [Kind::Thing, Kind::Cert] {
        if name_in(arn, account, kind).is_some() {
            return Err(AwsError::invalid(format!(
                "{shown}: AWS IoT has no tags on things and certificates; use the thing's \
                 attributes, or tags of its type or group"
            )));
        }
    }
    let kind = arn.splitn(6, ':').nth(5);
    let kind = kind.and_then(|rest| rest.split('/').next());
    let ours = arn.split(':').nth(4) == Some(account.to_string().as_str());
    if ours && kind.is_some_and(|kind| NOT_HERE.contains(&kind)) {
        return Err(AwsError::not_found(format!("{shown} does not exist")));
    }
    Err(AwsError::invalid(format!(
        "{shown} is not the ARN of a thing type, thing group, policy or authorizer in this account"
    )))
}
