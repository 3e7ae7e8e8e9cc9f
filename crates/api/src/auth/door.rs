// SPDX-License-Identifier: Apache-2.0
//! A door of the API: what stands behind it, and how its callers are known.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use http::HeaderValue;
use http::request::Parts;
use hw_kernel::Event;
use hw_model::AccountId;

use super::{Caller, cookie};
use crate::deps::ApiDeps;
use crate::error::ApiError;

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
}

impl Door {
    /// Time that never goes back; sessions and links end by it.
    pub(crate) fn now(&self) -> Duration {
        self.deps.clock.monotonic()
    }

    /// Whether a browser that shows this cookie is signed in. Says nothing about who sent it.
    pub(crate) fn session(&self, parts: &Parts) -> Option<Caller> {
        let token = cookie::read(&parts.headers, self.access.https())?;
        self.deps.state.sessions.find(token, self.now())
    }

    /// Signs in: what to send as `Set-Cookie`.
    pub(crate) fn sign_in(&self, caller: Caller) -> Result<HeaderValue, ApiError> {
        let token = self.deps.state.sessions.open(caller, self.now());
        token
            .and_then(|token| cookie::begin(&token, self.access.https()))
            .ok_or_else(|| ApiError::internal(&"no session token could be made"))
    }

    /// Signs out: what to send as `Set-Cookie`.
    pub(crate) fn sign_out(&self, parts: &Parts) -> Option<HeaderValue> {
        if let Some(token) = cookie::read(&parts.headers, self.access.https()) {
            self.deps.state.sessions.close(token, self.now());
        }
        cookie::end(self.access.https())
    }

    /// Whether the request was made by our own page; see [`super::same_origin`].
    pub(crate) fn own_page(&self, parts: &Parts) -> Result<(), &'static str> {
        super::same_origin::check(parts, self.access.https())
    }

    /// Writes a refusal down. An unknown caller's stands in the first account.
    pub(crate) fn refused(&self, parts: &Parts, who: Option<&Caller>, cause: &str) {
        let account = who.map_or(AccountId::FIRST, |who| who.account);
        let mut event = Event::new(account, "api", "refused", cause);
        event.principal = who.map(|who| who.name.clone());
        event.address = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|ConnectInfo(peer)| peer.ip().to_string());
        self.deps.events.emit(event);
    }
}
