// SPDX-License-Identifier: Apache-2.0
//! What requests name as a policy's target: a certificate or a thing group, by its ARN.

use hw_identity::policies::Target;
use hw_model::arn::{Kind, name_in};
use serde::Deserialize;

use super::certificate_id;
use crate::error::AwsError;
use crate::operation::Call;

/// From an ARN of the caller's account.
pub(crate) fn from_arn(call: &Call<'_>, arn: &str) -> Result<Target, AwsError> {
    match name_in(arn, call.caller.account, Kind::ThingGroup) {
        Some(group) => Ok(Target::Group(group.to_owned())),
        None => certificate_id::from_arn(call, arn).map(Target::Certificate),
    }
}

/// From the member `target` of the body.
pub(crate) fn from_body(call: &Call<'_>) -> Result<Target, AwsError> {
    #[derive(Deserialize)]
    struct Body {
        target: String,
    }
    let body: Body = call.input.json()?;
    from_arn(call, &body.target)
}
