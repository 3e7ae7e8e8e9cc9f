// SPDX-License-Identifier: Apache-2.0
//! People's keys and sessions at the door of MQTT over WebSocket.

use std::time::Duration;

use http::header;
use http::request::Parts;
use hw_identity::{IdentityError, named};
use hw_kernel::Refusal;
use hw_kernel::admission::NamedPrincipal;
use hw_model::AccountId;

use super::caller::bearer;
use super::{cookie, same_origin};
use crate::deps::ApiDeps;
use crate::headers::text;

/// Somebody who may open a WebSocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrading {
    /// Its account.
    pub account: AccountId,
    /// Who it is.
    pub named: NamedPrincipal,
    /// How long the connection may last: as long as the session.
    pub span_max: Option<Duration>,
}

/// Who asks, by an API key or by the session cookie; `None` if it shows neither. A browser sends
/// the cookie whoever's page asks, so the page must be ours, and must say so.
///
/// # Errors
/// The key or session is nobody's, or another site's page asks.
pub async fn of_upgrade(
    deps: &ApiDeps,
    https: bool,
    parts: &Parts,
) -> Result<Option<Upgrading>, Refusal> {
    if let Some(key) = text(&parts.headers, header::AUTHORIZATION).and_then(bearer) {
        let owner = deps.identity.api_key_owner(key).await.map_err(fault)?;
        let owner =
            owner.ok_or_else(|| refuse(None, "the API key is unknown, wrong or inactive"))?;
        return Ok(Some(Upgrading {
            account: owner.account,
            named: named::of_api_key(&owner),
            span_max: None,
        }));
    }
    let Some(token) = cookie::read(&parts.headers, https) else {
        return Ok(None);
    };
    let Some(session) = deps.identity.session(token).await.map_err(fault)? else {
        return Ok(None);
    };
    let named = named::of_session(&session);
    same_origin::check_page(parts, https).map_err(|why| Refusal {
        account: Some(session.account),
        principal: Some(named.name.to_string()),
        cause: why.to_owned(),
    })?;
    let left = session.ends.0.saturating_sub(deps.clock.now().0);
    Ok(Some(Upgrading {
        account: session.account,
        named,
        span_max: Some(Duration::from_micros(left.max(0).unsigned_abs())),
    }))
}

fn refuse(account: Option<AccountId>, cause: &str) -> Refusal {
    Refusal {
        account,
        principal: None,
        cause: cause.to_owned(),
    }
}

fn fault(error: IdentityError) -> Refusal {
    tracing::error!(%error, "a key or session could not be looked up");
    refuse(None, "the key or session could not be looked up")
}
