// SPDX-License-Identifier: Apache-2.0
//! Sessions of browsers: opaque tokens whose hashes are in the catalog, so that they outlive a
//! restart and can be listed and ended.
//!
//! What a session may do is asked of its owner at each request: a user or key that is gone takes
//! its sessions with it, and a changed role counts at once.

use std::time::Duration;

use hw_kernel::Catalog;
use hw_kernel::admission::{AdmissionChanges, Touched};
use hw_kernel::port::catalog::{Row, Statement};
use hw_model::{AccountId, Timestamp};

use crate::api_keys::Role;
use crate::{Identity, IdentityError, secret_token};

/// How long a session lasts, whatever is done in it.
pub const SESSION_SPAN: Duration = Duration::from_secs(12 * 60 * 60);

/// How long a session lasts in which nothing is done.
pub const SESSION_IDLE_SPAN: Duration = Duration::from_secs(4 * 60 * 60);

/// How often a request is written down in its session's row.
const SEEN_EVERY: Duration = Duration::from_secs(60);

/// Most characters of a browser's name that are kept.
const AGENT_CHARS_MAX: usize = 200;

/// Ends the sessions of a user: `$1` account, `$2` name.
pub(crate) const END_OF_USER: &str =
    "DELETE FROM sessions WHERE account = $1 AND owner_kind = 'user' AND owner = $2";

/// Ends the sessions of a key: `$1` account, `$2` key id.
pub(crate) const END_OF_KEY: &str =
    "DELETE FROM sessions WHERE account = $1 AND owner_kind = 'key' AND owner = $2";

/// Whose session it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionOwner {
    /// A person's.
    User(String),
    /// That of who gave an API key.
    Key(String),
    /// That of who opened a one-time link.
    Link,
}

impl SessionOwner {
    /// As it is stored: kind and name.
    pub fn stored(&self) -> (&'static str, &str) {
        match self {
            Self::User(name) => ("user", name),
            Self::Key(id) => ("key", id),
            Self::Link => ("link", ""),
        }
    }

    fn read(kind: &str, owner: &str) -> Self {
        match kind {
            "user" => Self::User(owner.to_owned()),
            "key" => Self::Key(owner.to_owned()),
            _ => Self::Link,
        }
    }
}

/// A session that lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Names it in lists; opens nothing.
    pub id: String,
    /// Its account.
    pub account: AccountId,
    /// Whose it is.
    pub owner: SessionOwner,
    /// What it may do now.
    pub role: Role,
    /// When it began.
    pub created: Timestamp,
    /// Its last request, to the minute.
    pub seen: Timestamp,
    /// When it ends at the latest.
    pub ends: Timestamp,
    /// Where it began.
    pub address: Option<String>,
    /// In which browser it began.
    pub agent: Option<String>,
}

/// Sessions whose owner is still there; `$1` is now, `$2` now less the idle span.
macro_rules! live {
    ($condition:literal) => {
        concat!(
            "SELECT s.session_id, s.account, s.owner_kind, s.owner, ",
            "COALESCE(u.role, k.role, s.role), s.created_us, s.seen_us, s.ends_us, ",
            "s.address, s.agent FROM sessions s ",
            "LEFT JOIN users u ON s.owner_kind = 'user' AND u.account = s.account ",
            "AND u.user_name = s.owner ",
            "LEFT JOIN api_keys k ON s.owner_kind = 'key' AND k.account = s.account ",
            "AND k.key_id = s.owner AND k.status = 'Active' ",
            "WHERE s.ends_us > $1 AND s.seen_us > $2 ",
            "AND (s.owner_kind = 'link' OR u.user_name IS NOT NULL OR k.key_id IS NOT NULL) ",
            "AND ",
            $condition
        )
    };
}

const ONE: &str = live!("s.token_sha256 = $3");
const OF_ACCOUNT: &str = live!("s.account = $3 ORDER BY s.created_us DESC, s.session_id");
const BY_ID: &str = live!("s.account = $3 AND s.session_id = $4");

/// What a session may do now, by its id; `None` if it is over.
pub(crate) async fn role_of(
    catalog: &dyn Catalog,
    now: Timestamp,
    account: AccountId,
    id: &str,
) -> Result<Option<Role>, IdentityError> {
    // A connection that lasts keeps its session from being idle.
    let args = vec![
        now.into(),
        Timestamp(i64::MIN).into(),
        account.into(),
        id.into(),
    ];
    let rows = catalog.read(BY_ID, args).await?;
    let session = rows.first().map(read).transpose()?;
    Ok(session.map(|session| session.role))
}

impl Identity {
    /// Begins a session; the token is for the cookie. Beyond `max` in the account the one that
    /// ends first makes room.
    pub async fn open_session(
        &self,
        account: AccountId,
        owner: &SessionOwner,
        role: Role,
        address: Option<&str>,
        agent: Option<&str>,
        max: usize,
    ) -> Result<String, IdentityError> {
        let token = secret_token::make()?;
        let id = hex::encode(secret_token::random::<8>()?);
        let now = self.clock.now();
        let (kind, name) = owner.stored();
        let agent: Option<String> =
            agent.map(|agent| agent.chars().take(AGENT_CHARS_MAX).collect());
        let over = "DELETE FROM sessions WHERE ends_us <= $1 OR seen_us <= $2";
        let over = Statement::new(over, vec![now.into(), idle(now).into()]);
        let sql = "INSERT INTO sessions (token_sha256, account, session_id, owner_kind, owner, \
                   role, created_us, seen_us, ends_us, address, agent) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10)";
        let args = vec![
            secret_token::sha256(&token).into(),
            account.into(),
            id.into(),
            kind.into(),
            name.into(),
            role.as_str().into(),
            now.into(),
            Timestamp(now.0 + micros(SESSION_SPAN)).into(),
            address.into(),
            agent.into(),
        ];
        let room = "DELETE FROM sessions WHERE account = $1 AND token_sha256 NOT IN \
                    (SELECT token_sha256 FROM sessions WHERE account = $1 \
                     ORDER BY ends_us DESC, token_sha256 = $3 DESC LIMIT $2)";
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let hash = secret_token::sha256(&token);
        let room = Statement::new(room, vec![account.into(), max.into(), hash.into()]);
        self.catalog
            .write(vec![over, Statement::new(sql, args), room])
            .await?;
        Ok(token)
    }

    /// The session of a cookie's token, if it lasts.
    pub async fn session(&self, token: &str) -> Result<Option<Session>, IdentityError> {
        let Some(hash) = secret_token::hash(token) else {
            return Ok(None);
        };
        let now = self.clock.now();
        let args = vec![now.into(), idle(now).into(), hash.clone().into()];
        let rows = self.catalog.read(ONE, args).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let session = read(row)?;
        if now.0 - session.seen.0 >= micros(SEEN_EVERY) {
            let sql = "UPDATE sessions SET seen_us = $2 WHERE token_sha256 = $1";
            let seen = Statement::new(sql, vec![hash.into(), now.into()]);
            if let Err(error) = self.catalog.write(vec![seen]).await {
                tracing::warn!(%error, "a session's last request could not be written down");
            }
        }
        Ok(Some(session))
    }

    /// Ends the session of a cookie's token.
    pub async fn close_session(&self, token: &str) -> Result<(), IdentityError> {
        if let Some(hash) = secret_token::hash(token) {
            let sql = "DELETE FROM sessions WHERE token_sha256 = $1";
            let account = self.session(token).await?.map(|session| session.account);
            let close = Statement::new(sql, vec![hash.into()]);
            self.catalog.write(vec![close]).await?;
            if let Some(account) = account {
                self.changes.touched(account, &Touched::Named);
            }
        }
        Ok(())
    }

    /// The sessions of an account that last, the newest first.
    pub async fn sessions(&self, account: AccountId) -> Result<Vec<Session>, IdentityError> {
        let now = self.clock.now();
        let args = vec![now.into(), idle(now).into(), account.into()];
        let rows = self.catalog.read(OF_ACCOUNT, args).await?;
        rows.iter().map(read).collect()
    }

    /// Ends a session by its id; with an owner, only one of his.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn end_session(
        &self,
        account: AccountId,
        id: &str,
        owner: Option<&SessionOwner>,
    ) -> Result<(), IdentityError> {
        let (kind, name) = owner.map_or(("", ""), SessionOwner::stored);
        let sql = "DELETE FROM sessions WHERE account = $1 AND session_id = $2 \
                   AND ($3 = '' OR (owner_kind = $3 AND owner = $4))";
        let args = vec![account.into(), id.into(), kind.into(), name.into()];
        let done = self.catalog.write(vec![Statement::new(sql, args)]).await?;
        match done.first().map(|outcome| outcome.rows_affected) {
            Some(0) | None => Err(IdentityError::NotFound {
                what: "session",
                name: id.to_owned(),
            }),
            Some(_) => {
                self.changes.touched(account, &Touched::Named);
                Ok(())
            }
        }
    }

    /// Ends all sessions of an owner.
    pub async fn end_sessions(
        &self,
        account: AccountId,
        owner: &SessionOwner,
    ) -> Result<(), IdentityError> {
        let (kind, name) = owner.stored();
        let sql = "DELETE FROM sessions WHERE account = $1 AND owner_kind = $2 AND owner = $3";
        let args = vec![account.into(), kind.into(), name.into()];
        self.catalog.write(vec![Statement::new(sql, args)]).await?;
        self.changes.touched(account, &Touched::Named);
        Ok(())
    }
}

fn micros(span: Duration) -> i64 {
    span.as_micros() as i64
}

fn idle(now: Timestamp) -> Timestamp {
    Timestamp(now.0 - micros(SESSION_IDLE_SPAN))
}

fn read(row: &Row) -> Result<Session, IdentityError> {
    let account = row.text(1)?.parse();
    Ok(Session {
        id: row.text(0)?.to_owned(),
        account: account.map_err(|_| IdentityError::Invalid("stored account".into()))?,
        owner: SessionOwner::read(row.text(2)?, row.text(3)?),
        role: Role::stored(row.text(4)?),
        created: Timestamp(row.int(5)?),
        seen: Timestamp(row.int(6)?),
        ends: Timestamp(row.int(7)?),
        address: row.text_or_null(8)?.map(str::to_owned),
        agent: row.text_or_null(9)?.map(str::to_owned),
    })
}
