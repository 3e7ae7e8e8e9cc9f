// SPDX-License-Identifier: Apache-2.0
//! Where requests name a certificate: a label, an ARN, the principal header.

use hw_model::CertificateId;
use hw_model::arn::{Kind, name_in};

use crate::error::AwsError;
use crate::operation::Call;

/// From the label `certificateId`.
pub(crate) fn from_label(call: &Call<'_>) -> Result<CertificateId, AwsError> {
    let text = call.input.label("certificateId");
    text.parse()
        .map_err(|_| AwsError::invalid(format!("certificateId {text}: 64 hexadecimal digits")))
}

/// From a certificate's ARN of the caller's account.
pub(crate) fn from_arn(call: &Call<'_>, arn: &str) -> Result<CertificateId, AwsError> {
    let name = name_in(arn, call.caller.account, Kind::Cert);
    name.and_then(|id| id.parse().ok()).ok_or_else(|| {
        let shown: String = arn.chars().take(200).collect();
        AwsError::invalid(format!(
            "{shown} is not the ARN of a certificate in this account; \
             Cognito identities are not there"
        ))
    })
}

/// From the header `x-amzn-principal`, as operations of things have it.
pub(crate) fn from_principal_header(call: &Call<'_>) -> Result<CertificateId, AwsError> {
    from_header(call, "x-amzn-principal")
}

/// From the header `x-amzn-iot-principal`, as the older operations of policies have it.
pub(crate) fn from_iot_principal_header(call: &Call<'_>) -> Result<CertificateId, AwsError> {
    from_header(call, "x-amzn-iot-principal")
}

fn from_header(call: &Call<'_>, name: &str) -> Result<CertificateId, AwsError> {
    let header = call.input.header(name);
    from_arn(
        call,
        header.ok_or_else(|| AwsError::invalid("principal is required"))?,
    )
}
