// SPDX-License-Identifier: Apache-2.0
//! What registering a certificate has in common, with or without its CA.

use hw_identity::certificates::{Certificate, RegisterStatus};
use serde_json::json;

use super::arns;
use crate::error::AwsError;
use crate::operation::Call;
use crate::output::Output;

/// `status` of the body.
pub(crate) fn status(text: Option<&str>) -> Result<Option<RegisterStatus>, AwsError> {
    let parse = |text| {
        RegisterStatus::parse(text).ok_or_else(|| {
            AwsError::invalid(format!(
                "a certificate can be registered as ACTIVE, INACTIVE or REVOKED, not as {text}"
            ))
        })
    };
    text.map(parse).transpose()
}

/// The answer.
pub(crate) fn answer(call: &Call<'_>, registered: &Certificate) -> Output {
    Output::Json(json!({
        "certificateArn": arns::certificate(call, registered.id),
        "certificateId": registered.id.to_string(),
    }))
}
