// SPDX-License-Identifier: Apache-2.0
//! Whose policies are asked for: a certificate, or nobody. Cognito identities are not there.

use hw_model::CertificateId;

use super::certificate_id;
use crate::error::AwsError;
use crate::operation::Call;

/// From `principal` and `cognitoIdentityPoolId` of a body.
pub(crate) fn of(
    call: &Call<'_>,
    principal: Option<&str>,
    cognito_pool: Option<&str>,
) -> Result<Option<CertificateId>, AwsError> {
    if cognito_pool.is_some_and(|pool| !pool.is_empty()) {
        return Err(AwsError::invalid(
            "cognitoIdentityPoolId: Headwater has no Cognito identities; name a certificate's ARN \
             as principal",
        ));
    }
    let named = principal.filter(|principal| !principal.is_empty());
    named
        .map(|arn| certificate_id::from_arn(call, arn))
        .transpose()
}
