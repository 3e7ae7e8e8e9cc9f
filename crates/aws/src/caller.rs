// SPDX-License-Identifier: Apache-2.0
//! Who calls: proved by SigV4 before any operation runs.

use hw_model::AccountId;
use hw_sigv4::{Request, SigV4Error, claim, verify};

use crate::AwsDeps;
use crate::error::AwsError;

/// The signer of a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The key's account: the only one that the request can touch.
    pub account: AccountId,
    /// The key's id.
    pub access_key_id: String,
    /// Service of the signature's scope, as in `iot`.
    pub service: String,
}

/// Proves who signed a request.
pub async fn authenticate(deps: &AwsDeps, request: &Request<'_>) -> Result<Caller, AwsError> {
    let claim = claim(request)?;
    let secret = deps.identity.signing_secret(claim.access_key_id).await?;
    let secret = secret.ok_or(SigV4Error::UnknownKey)?;
    let now_unix_s = deps.clock.now().0.div_euclid(1_000_000);
    verify(request, &claim, &secret.secret_access_key, now_unix_s)?;
    Ok(Caller {
        account: secret.account,
        access_key_id: claim.access_key_id.to_owned(),
        service: claim.service.to_owned(),
    })
}
