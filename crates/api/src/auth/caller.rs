// SPDX-License-Identifier: Apache-2.0
//! The caller of an endpoint: proved by the door, by a key, or by a session of our own page.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;
use hw_identity::api_keys::{KeyOwner, Role};
use hw_model::{AccountId, ErrorKind};

use super::{Access, Door};
use crate::error::ApiError;
use crate::headers::text;

const NO_CREDENTIALS: &str =
    "send an API key: Authorization: Bearer hw_… (make one with `headwater keys create`)";
const BAD_KEY: &str = "the API key is unknown, wrong or inactive";
const NOT_BEARER: &str = "Authorization is not `Bearer` and an API key";

/// Who calls, or is signed in: may read at least. What is done is done in this account, whatever the
/// body says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub account: AccountId,
    pub role: Role,
    /// For events: the id of a key, `one-time link`, `admin socket`.
    pub name: String,
}

/// Somebody who may do everything in the account.
pub(crate) struct Admin(pub Caller);

impl From<KeyOwner> for Caller {
    fn from(owner: KeyOwner) -> Self {
        Self {
            account: owner.account,
            role: owner.role,
            name: owner.key_id,
        }
    }
}

impl Door {
    /// Whose key this is. One that is nobody's is refused, with an event.
    pub(crate) async fn key(&self, parts: &Parts, key: &str) -> Result<Caller, ApiError> {
        match self.deps.identity.api_key_owner(key).await? {
            Some(owner) => Ok(owner.into()),
            None => {
                self.refused(parts, None, BAD_KEY);
                Err(ApiError::new(ErrorKind::Unauthenticated, BAD_KEY))
            }
        }
    }

    async fn caller(&self, parts: &Parts) -> Result<Caller, ApiError> {
        if let Access::LocalAdmin(account) = self.access {
            let name = "admin socket".to_owned();
            let role = Role::Admin;
            return Ok(Caller {
                account,
                role,
                name,
            });
        }
        if parts.headers.contains_key(header::AUTHORIZATION) {
            let value = text(&parts.headers, header::AUTHORIZATION).unwrap_or_default();
            let Some(key) = bearer(value) else {
                self.refused(parts, None, NOT_BEARER);
                return Err(ApiError::new(ErrorKind::Unauthenticated, NO_CREDENTIALS));
            };
            return self.key(parts, key).await;
        }
        let Some(caller) = self.session(parts) else {
            return Err(ApiError::new(ErrorKind::Unauthenticated, NO_CREDENTIALS));
        };
        if let Err(why) = self.own_page(parts) {
            self.refused(parts, Some(&caller), why);
            return Err(ApiError::new(ErrorKind::Denied, why));
        }
        Ok(caller)
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

impl FromRequestParts<Arc<Door>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Self, ApiError> {
        door.caller(parts).await
    }
}

impl FromRequestParts<Arc<Door>> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Self, ApiError> {
        let caller = door.caller(parts).await?;
        if caller.role == Role::Admin {
            return Ok(Self(caller));
        }
        let cause = format!("role read may not {} {}", parts.method, parts.uri.path());
        door.refused(parts, Some(&caller), &cause);
        let message = "this needs a key of role admin";
        Err(ApiError::new(ErrorKind::Denied, message))
    }
}
