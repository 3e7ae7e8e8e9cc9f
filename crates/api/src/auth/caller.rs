// SPDX-License-Identifier: Apache-2.0
//! The caller of an endpoint: proved by the door, by a key, or by a session of our own page.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use http::header;
use http::request::Parts;
use hw_identity::api_keys::{KeyOwner, Role};
use hw_identity::sessions::{Session, SessionOwner};
use hw_model::{AccountId, ErrorKind};

use super::{Access, Door};
use crate::error::ApiError;
use crate::headers::text;

const NO_CREDENTIALS: &str = "send an API key: Authorization: Bearer hw_… (make one with \
                              `headwater keys create`), or sign in";
const BAD_KEY: &str = "the API key is unknown, wrong or inactive";
const NOT_BEARER: &str = "Authorization is not `Bearer` and an API key";

/// The header by which the admin socket is told the account; other doors know it from the key or
/// session, and refuse another.
const ACCOUNT_HEADER: &str = "headwater-account";

/// How the caller is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    /// Whoever may open the admin socket.
    Socket,
    /// A person, signed in.
    User(String),
    /// A program's key.
    Key {
        id: String,
        /// Whether another key made it.
        made_by_key: bool,
    },
    /// Who opened a one-time link.
    Link,
}

/// Who calls, or is signed in: may read at least. What is done is done in this account, whatever
/// the body says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub account: AccountId,
    pub role: Role,
    pub who: Who,
    /// The session that proved it.
    pub session: Option<Box<Session>>,
}

/// Somebody who may do everything in the account.
pub(crate) struct Admin(pub Caller);

/// The same in person: signed in with a password, or at the admin socket. What gives access to
/// others is theirs alone, so that a key that leaks makes no users and keeps no back door.
pub(crate) struct Person(pub Caller);

/// Whoever runs the server: at the admin socket, or an administrator in person of the account that
/// the folder started with. What stands for all accounts is theirs.
pub(crate) struct Operator(pub Caller);

/// Whoever may open the admin socket.
pub(crate) struct Owner(pub Caller);

impl Caller {
    /// For events and `made_by`: `admin socket`, the id of a key, the name of a user.
    pub(crate) fn name(&self) -> String {
        match &self.who {
            Who::Socket => "admin socket".to_owned(),
            Who::User(name) => name.clone(),
            Who::Key { id, .. } => id.clone(),
            Who::Link => "one-time link".to_owned(),
        }
    }

    /// As it stands in `made_by` of keys.
    pub(crate) fn maker(&self) -> String {
        match &self.who {
            Who::User(name) => format!("user {name}"),
            Who::Key { id, .. } => format!("key {id}"),
            Who::Socket | Who::Link => self.name(),
        }
    }

    /// Whose sessions are its own; `None` at the admin socket.
    pub(crate) fn owner(&self) -> Option<SessionOwner> {
        match &self.who {
            Who::Socket => None,
            Who::User(name) => Some(SessionOwner::User(name.clone())),
            Who::Key { id, .. } => Some(SessionOwner::Key(id.clone())),
            Who::Link => Some(SessionOwner::Link),
        }
    }

    /// Whether it is an administrator in person.
    pub(crate) fn is_person(&self) -> bool {
        self.role == Role::Admin && matches!(self.who, Who::User(_) | Who::Socket)
    }

    /// Whether it manages what stands for all accounts.
    pub(crate) fn runs_server(&self) -> bool {
        self.is_operator() && self.is_person()
    }

    /// Whether it may know how the server as a whole stands: the account that a folder starts
    /// with is its operator's.
    pub(crate) fn is_operator(&self) -> bool {
        self.who == Who::Socket || self.account == AccountId::FIRST
    }
}

impl From<KeyOwner> for Caller {
    fn from(owner: KeyOwner) -> Self {
        Self {
            account: owner.account,
            role: owner.role,
            who: Who::Key {
                id: owner.key_id,
                made_by_key: owner.made_by_key,
            },
            session: None,
        }
    }
}

impl From<Session> for Caller {
    fn from(session: Session) -> Self {
        Self {
            account: session.account,
            role: session.role,
            who: match session.owner.clone() {
                SessionOwner::User(name) => Who::User(name),
                // A session makes no keys of its key's: only the key itself does.
                SessionOwner::Key(id) => Who::Key {
                    id,
                    made_by_key: true,
                },
                SessionOwner::Link => Who::Link,
            },
            session: Some(Box::new(session)),
        }
    }
}

/// The remote address, if it is known.
pub(crate) fn address(parts: &Parts) -> Option<String> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map(|ConnectInfo(peer)| peer.ip().to_canonical().to_string())
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
            return self.local(parts, account).await;
        }
        let caller = self.proved(parts).await?;
        let named = text(&parts.headers, ACCOUNT_HEADER);
        if named.is_some_and(|named| named != caller.account.to_string()) {
            let why = "the account comes from the key or session; leave the header \
                       Headwater-Account out";
            self.refused(parts, Some(&caller), why);
            return Err(ApiError::new(ErrorKind::Denied, why));
        }
        Ok(caller)
    }

    /// At the admin socket a header names the account.
    async fn local(&self, parts: &Parts, first: AccountId) -> Result<Caller, ApiError> {
        let account = match text(&parts.headers, ACCOUNT_HEADER) {
            None => first,
            Some(text) => {
                let wrong = |error: hw_model::account::BadAccountId| {
                    ApiError::invalid(format!("Headwater-Account: {error}"))
                };
                text.parse().map_err(wrong)?
            }
        };
        if account != first && !self.deps.identity.has_account(account).await? {
            let message =
                format!("there is no account {account}; `headwater accounts ls` lists them");
            return Err(ApiError::new(ErrorKind::NotFound, message));
        }
        Ok(Caller {
            account,
            role: Role::Admin,
            who: Who::Socket,
            session: None,
        })
    }

    async fn proved(&self, parts: &Parts) -> Result<Caller, ApiError> {
        if parts.headers.contains_key(header::AUTHORIZATION) {
            let value = text(&parts.headers, header::AUTHORIZATION).unwrap_or_default();
            let Some(key) = bearer(value) else {
                self.refused(parts, None, NOT_BEARER);
                return Err(ApiError::new(ErrorKind::Unauthenticated, NO_CREDENTIALS));
            };
            return self.key(parts, key).await;
        }
        let Some(caller) = self.session(parts).await? else {
            return Err(ApiError::new(ErrorKind::Unauthenticated, NO_CREDENTIALS));
        };
        if let Err(why) = self.own_page(parts) {
            self.refused(parts, Some(&caller), why);
            return Err(ApiError::new(ErrorKind::Denied, why));
        }
        Ok(caller)
    }

    fn denied(&self, parts: &Parts, caller: &Caller, cause: &str, message: &str) -> ApiError {
        let cause = format!("{cause} may not {} {}", parts.method, parts.uri.path());
        self.refused(parts, Some(caller), &cause);
        ApiError::new(ErrorKind::Denied, message)
    }
}

pub(super) fn bearer(value: &str) -> Option<&str> {
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
        let message = "this needs the role admin";
        Err(door.denied(parts, &caller, "role read", message))
    }
}

impl FromRequestParts<Arc<Door>> for Person {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Self, ApiError> {
        let Admin(caller) = Admin::from_request_parts(parts, door).await?;
        if caller.is_person() {
            return Ok(Self(caller));
        }
        let message = "no key may do this: sign in as an administrator, or use the command \
                       `headwater` on the server's machine";
        Err(door.denied(parts, &caller, "a key", message))
    }
}

impl FromRequestParts<Arc<Door>> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Self, ApiError> {
        let caller = door.caller(parts).await?;
        if caller.runs_server() {
            return Ok(Self(caller));
        }
        let message = "accounts are managed by administrators of the first account, signed in with \
                       a password, and on the server's machine: `headwater accounts`";
        Err(door.denied(parts, &caller, "who does not run the server", message))
    }
}

impl FromRequestParts<Arc<Door>> for Owner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Self, ApiError> {
        let caller = door.caller(parts).await?;
        if caller.who == Who::Socket {
            return Ok(Self(caller));
        }
        let message = "this is done on the server's machine, at its admin socket";
        Err(door.denied(parts, &caller, "who is not at the admin socket", message))
    }
}
