// SPDX-License-Identifier: Apache-2.0
//! Whose policies are asked for: a certificate, a thing group, or nobody. Cognito identities are not
//! there.

use hw_identity::policies::Target;

use super::policy_target;
use crate::error::AwsError;
use crate::operation::Call;

/// From `principal` and `cognitoIdentityPoolId` of a body.
pub(crate) fn of(
    call: &Call<'_>,
    principal: Option<&str>,
    cognito_pool: Option<&str>,
) -> Result<Option<Target>, AwsError> {
    if cognito_pool.is_some_and(|pool| !pool.is_empty()) {
        return Err(AwsError::invalid(
            "cognitoIdentityPoolId: Headwater has no Cognito identities; name a certificate's ARN \
             as principal",
        ));
    }
    let named = principal.filter(|principal| !principal.is_empty());
    named
        .map(|arn| policy_target::from_arn(call, arn))
        .transpose()
}
