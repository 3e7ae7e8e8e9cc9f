// SPDX-License-Identifier: Apache-2.0
//! A door of the API: what stands behind it, and how its callers are known.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, header};
use hw_identity::api_keys::Role;
use hw_identity::sessions::SessionOwner;
use hw_kernel::Event;
use hw_model::AccountId;

use super::{Caller, caller, cookie};
use crate::deps::ApiDeps;
use crate::error::ApiError;
use crate::headers;

/// How callers of a door are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// By an API key in `Authorization: Bearer hw_…`, or by the session cookie.
    Keys {
        /// Whether the door speaks TLS: decides the cookie's name and its `Secure`.
        https: bool,
    },
    /// The door is the admin socket: who can open it is admin of this account.
    LocalAdmin(AccountId),
}

impl Access {
    fn https(self) -> bool {
        matches!(self, Access::Keys { https: true })
    }
}

/// A door; the state of its handlers.
pub(crate) struct Door {
    pub deps: Arc<ApiDeps>,
    pub access: Access,
    /// The OpenAPI document, as it is sent.
    pub document: Bytes,
}

impl Door {
    /// Time that never goes back; links end by it.
    pub(crate) fn now(&self) -> Duration {
        self.deps.clock.monotonic()
    }

    /// Whether a browser that shows this cookie is signed in. Says nothing about who sent it.
    pub(crate) async fn session(&self, parts: &Parts) -> Result<Option<Caller>, ApiError> {
        let Some(token) = cookie::read(&parts.headers, self.access.https()) else {
            return Ok(None);
        };
        let session = self.deps.identity.session(token).await?;
        Ok(session.map(Caller::from))
    }

    /// Signs in: what to send as `Set-Cookie`.
    pub(crate) async fn sign_in(
        &self,
        parts: &Parts,
        account: AccountId,
        owner: &SessionOwner,
        role: Role,
    ) -> Result<HeaderValue, ApiError> {
        let address = caller::address(parts);
        let agent = headers::text(&parts.headers, header::USER_AGENT);
        let (identity, max) = (&self.deps.identity, self.deps.limits.sessions_max);
        let token = identity
            .open_session(account, owner, role, address.as_deref(), agent, max)
            .await?;
        cookie::begin(&token, self.access.https())
            .ok_or_else(|| ApiError::internal(&"no session cookie could be made"))
    }

    /// Signs out: what to send as `Set-Cookie`.
    pub(crate) async fn sign_out(&self, parts: &Parts) -> Result<Option<HeaderValue>, ApiError> {
        if let Some(token) = cookie::read(&parts.headers, self.access.https()) {
            self.deps.identity.close_session(token).await?;
        }
        Ok(cookie::end(self.access.https()))
    }

    /// Whether the request was made by our own page; see [`super::same_origin`].
    pub(crate) fn own_page(&self, parts: &Parts) -> Result<(), &'static str> {
        super::same_origin::check(parts, self.access.https())
    }

    /// Writes a refusal down. An unknown caller's stands in the first account.
    pub(crate) fn refused(&self, parts: &Parts, who: Option<&Caller>, cause: &str) {
        let account = who.map_or(AccountId::FIRST, |who| who.account);
        let mut event = Event::new(account, "api", "refused", cause);
        event.principal = who.map(Caller::name);
        event.address = caller::address(parts);
        self.deps.events.emit(event);
    }

    /// Writes down what gave or took access.
    pub(crate) fn done(&self, who: &Caller, cause: String) {
        let mut event = Event::new(who.account, "api", "ok", cause);
        event.principal = Some(who.name());
        self.deps.events.emit(event);
    }
}
