// SPDX-License-Identifier: Apache-2.0
//! Who calls: proved by SigV4 before any operation runs.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use hw_identity::IdentityError;
use hw_kernel::admission::{Admission, Claims, HttpClaims, Peer};
use hw_kernel::{Event, Principal, Refusal};
use hw_model::AccountId;
use hw_sigv4::{Claim, Request, SigV4Error, claim, verify};

use crate::AwsDeps;
use crate::error::AwsError;

/// Who sends a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The key's or certificate's account: the only one that the request can touch.
    pub account: AccountId,
    /// The key's id; empty for a device.
    pub access_key_id: String,
    /// Service of the signature's scope, as in `iot`; `iotdata` for a device.
    pub service: String,
    /// The device, if it is one.
    pub device: Option<Arc<Principal>>,
    /// Where the request comes from.
    pub address: IpAddr,
    /// The server name that its connection asked for.
    pub server_name: Option<Arc<str>>,
}

impl Caller {
    /// What policies know of the caller.
    pub async fn principal(&self, deps: &AwsDeps) -> Result<Arc<Principal>, AwsError> {
        match &self.device {
            Some(device) => Ok(device.clone()),
            None => {
                let named = hw_identity::named::of_access_key(&self.access_key_id);
                let found = deps.directory.named(self.account, &named).await;
                found.map_err(|refusal| AwsError::new("ForbiddenException", 403, refusal.cause))
            }
        }
    }

    /// A device, by the certificate that its connection proved. A refusal becomes an event.
    pub async fn by_certificate(
        deps: &AwsDeps,
        peer: &Peer,
        der: Arc<[u8]>,
    ) -> Result<Self, AwsError> {
        let (directory, name) = (deps.directory.clone(), peer.server_name.clone());
        // It waits for the catalog as shards do, on a thread that may.
        let found =
            tokio::task::spawn_blocking(move || directory.by_certificate(&der, name.as_deref()));
        let found = found.await.unwrap_or_else(|_| {
            Err(Refusal {
                account: None,
                principal: None,
                cause: "internal error".into(),
            })
        });
        Self::device(deps, peer, found)
    }

    /// A device, as an authorizer sees it. A refusal becomes an event.
    pub async fn by_authorizer(
        deps: &AwsDeps,
        peer: &Peer,
        http: HttpClaims,
    ) -> Result<Self, AwsError> {
        let claims = Claims {
            address: peer.address.ip().to_canonical(),
            server_name: peer.server_name.clone(),
            tls: peer.tls,
            passwords: false,
            http: Some(http),
            mqtt: None,
        };
        let found = deps.authorizers.authorize_request(&claims).await;
        Self::device(deps, peer, found)
    }

    fn device(
        deps: &AwsDeps,
        peer: &Peer,
        found: Result<Arc<Principal>, Refusal>,
    ) -> Result<Self, AwsError> {
        let address = peer.address.ip().to_canonical();
        let device = found.map_err(|refusal| {
            let account = refusal.account.unwrap_or(AccountId::FIRST);
            let mut event = Event::new(account, "api", "refused", refusal.cause);
            event.claimed = refusal.account.is_none();
            event.principal = refusal.principal;
            event.address = Some(address.to_string());
            deps.events.emit(event);
            AwsError::new("ForbiddenException", 403, "Forbidden")
        })?;
        Ok(Self {
            account: device.account,
            access_key_id: String::new(),
            service: "iotdata".into(),
            device: Some(device),
            address,
            server_name: peer.server_name.clone(),
        })
    }
}

/// Why a signature is not accepted.
#[derive(Debug)]
pub struct Unproved {
    /// The account, if the key is known.
    pub account: Option<AccountId>,
    /// The key's id, if it is known: an unknown one is whatever somebody made up.
    pub access_key_id: Option<String>,
    /// In words, for an event.
    pub cause: &'static str,
    /// For the peer.
    pub error: SigV4Error,
}

/// Proves who signed a request. A signature that is refused becomes an event.
pub async fn authenticate(
    deps: &AwsDeps,
    request: &Request<'_>,
    peer: Option<IpAddr>,
) -> Result<Caller, AwsError> {
    let proved = prove(deps, request, peer).await?;
    proved.map_err(|unproved| refused(deps, unproved, peer))
}

/// Proves who signed a request.
pub async fn prove(
    deps: &AwsDeps,
    request: &Request<'_>,
    peer: Option<IpAddr>,
) -> Result<Result<Caller, Unproved>, IdentityError> {
    let unproved = |account: Option<AccountId>, claim: Option<&Claim>, error: SigV4Error| {
        let access_key_id = claim.filter(|_| account.is_some());
        Unproved {
            account,
            access_key_id: access_key_id.map(|claim| claim.access_key_id.clone()),
            cause: cause(&error, account),
            error,
        }
    };
    let claim = match claim(request) {
        Ok(claim) => claim,
        Err(error) => return Ok(Err(unproved(None, None, error))),
    };
    let secret = deps.identity.signing_secret(&claim.access_key_id).await?;
    let Some(secret) = secret else {
        return Ok(Err(unproved(None, Some(&claim), SigV4Error::UnknownKey)));
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
    Ok(match proved {
        Ok(()) => Ok(Caller {
            account,
            access_key_id: claim.access_key_id,
            service: claim.service,
            device: None,
            address: peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            server_name: None,
        }),
        Err(error) => Err(unproved(Some(account), Some(&claim), error)),
    })
}

fn cause(error: &SigV4Error, account: Option<AccountId>) -> &'static str {
    match (error, account) {
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
    }
}

/// Writes a refusal down. That of an unknown key stands in the first account, as those of unknown
/// certificates do, and without the key's id: anybody can make up as many as they like, and would
/// fill the events with them.
fn refused(deps: &AwsDeps, unproved: Unproved, peer: Option<IpAddr>) -> AwsError {
    let Unproved {
        account,
        access_key_id,
        cause,
        error,
    } = unproved;
    if account.is_none() && error != SigV4Error::UnknownKey {
        // Not signed, or not signed well: nobody tried to be somebody.
        return error.into();
    }
    let mut event = Event::new(account.unwrap_or(AccountId::FIRST), "api", "refused", cause);
    event.principal = access_key_id;
    event.address = peer.map(|peer| peer.to_string());
    deps.events.emit(event);
    error.into()
}
