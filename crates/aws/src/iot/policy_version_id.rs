// SPDX-License-Identifier: Apache-2.0
//! Where requests name a version of a policy.

use crate::error::AwsError;
use crate::operation::Call;

/// From the label `policyVersionId`.
pub(crate) fn from_label<'a>(call: &'a Call<'_>) -> Result<&'a str, AwsError> {
    let text = call.input.label("policyVersionId");
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then_some(text).ok_or_else(|| {
        AwsError::invalid("policyVersionId is a number, as CreatePolicyVersion answered it")
    })
}
