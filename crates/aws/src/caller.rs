// SPDX-License-Identifier: Apache-2.0
//! Who calls: proved by SigV4 before any operation runs.

use std::net::IpAddr;

use hw_kernel::Event;
use hw_model::AccountId;
use hw_sigv4::{Claim, Request, SigV4Error, claim, verify};

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

/// Proves who signed a request. A signature that is refused becomes an event.
pub async fn authenticate(
    deps: &AwsDeps,
    request: &Request<'_>,
    peer: Option<IpAddr>,
) -> Result<Caller, AwsError> {
    let claim = claim(request)?;
    let secret = deps.identity.signing_secret(&claim.access_key_id).await?;
    let Some(secret) = secret else {
        return Err(refused(deps, None, &claim, SigV4Error::UnknownKey, peer));
    };
    let now_unix_s = deps.clock.now().0.div_euclid(1_000_000);
    let account = secret.account;
    let mut proved = verify(
        request,
        &claim,
        secret.secret_access_key.expose(),
        now_unix_s,
    );
    // Only temporary keys come with a token, and none are given out yet.
    if proved.is_ok() && claim.session_token.is_some() {
        proved = Err(SigV4Error::UnknownKey);
    }
    match proved {
        Ok(()) => Ok(Caller {
            account,
            access_key_id: claim.access_key_id,
            service: claim.service,
        }),
        Err(error) => Err(refused(deps, Some(account), &claim, error, peer)),
    }
}

/// Writes a refusal down. That of an unknown key stands in the first account, as those of unknown
/// certificates do, and without the key's id: anybody can make up as many as they like, and would
/// fill the events with them.
fn refused(
    deps: &AwsDeps,
    account: Option<AccountId>,
    claim: &Claim,
    error: SigV4Error,
    peer: Option<IpAddr>,
) -> AwsError {
    let cause = match (&error, account) {
        (SigV4Error::UnknownKey, None) => "access key unknown or inactive",
        (SigV4Error::UnknownKey, Some(_)) => {
            "session token with a key that is not temporary; unset AWS_SESSION_TOKEN"
        }
        (SigV4Error::Mismatch, _) => {
            "signature does not match: another secret, or the request was changed on its way"
        }
        (SigV4Error::Expired { .. }, _) => "signature expired; compare the client's clock",
        (SigV4Error::NotYetCurrent { .. }, _) => {
            "signature from the future; compare the client's clock"
        }
        (SigV4Error::Missing | SigV4Error::Incomplete(_), _) => "signature incomplete",
    };
    let mut event = Event::new(account.unwrap_or(AccountId::FIRST), "api", "refused", cause);
    event.principal = account.map(|_| claim.access_key_id.clone());
    event.address = peer.map(|peer| peer.to_string());
    deps.events.emit(event);
    error.into()
}
