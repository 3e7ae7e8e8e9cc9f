// SPDX-License-Identifier: Apache-2.0
//! API keys: for SQL, the people's API and the PostgreSQL password.
//!
//! `hw_ID_SECRET`: the id finds the row, the secret is 256 random bits and only its SHA-256 is
//! stored. A fast hash is enough because nobody can guess 256 bits.

use std::time::Duration;

use aws_lc_rs::constant_time;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hw_kernel::port::catalog::Statement;
use hw_model::{AccountId, Secret, Timestamp};

use crate::secret_token::{random, sha256};
use crate::users::moment;
use crate::{Identity, IdentityError};

/// How often a key's use is written down.
pub(crate) const USED_EVERY: Duration = Duration::from_secs(10 * 60);

/// What a key may do in its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Admin,
    /// Query and watch.
    Read,
}

impl Role {
    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Read => "read",
        }
    }

    /// From how it is stored.
    pub(crate) fn stored(text: &str) -> Self {
        match text {
            "admin" => Role::Admin,
            _ => Role::Read,
        }
    }
}

/// Whose key it is and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyOwner {
    /// The account.
    pub account: AccountId,
    /// The key's id, for logs and events.
    pub key_id: String,
    /// What it may do.
    pub role: Role,
    /// Whether another key made it: such a key makes none itself.
    pub made_by_key: bool,
}

impl Identity {
    /// Makes a key and gives it back whole, this one time.
    pub async fn create_api_key(
        &self,
        account: AccountId,
        label: &str,
        role: Role,
        made_by: &str,
    ) -> Result<Secret, IdentityError> {
        let id = hex::encode(random::<8>()?);
        let secret = URL_SAFE_NO_PAD.encode(random::<32>()?);
        let sql = "INSERT INTO api_keys \
                   (key_id, account, secret_sha256, label, role, status, created_us, made_by) \
                   VALUES ($1, $2, $3, $4, $5, 'Active', $6, $7)";
        let args = vec![
            id.as_str().into(),
            account.into(),
            sha256(&secret).into(),
            label.into(),
            role.as_str().into(),
            self.clock.now().into(),
            made_by.into(),
        ];
        self.catalog.write(vec![Statement::new(sql, args)]).await?;
        Ok(format!("hw_{id}_{secret}").into())
    }

    /// Whose key this is; `None` for one that is unknown, wrong or inactive.
    pub async fn api_key_owner(&self, key: &str) -> Result<Option<KeyOwner>, IdentityError> {
        let parts = key
            .strip_prefix("hw_")
            .and_then(|rest| rest.split_once('_'));
        let Some((id, secret)) = parts.filter(|(id, _)| id.len() == 16) else {
            return Ok(None);
        };
        let sql = "SELECT account, secret_sha256, role, last_used_us, made_by FROM api_keys \
                   WHERE key_id = $1 AND status = 'Active'";
        let rows = self.catalog.read(sql, vec![id.into()]).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        if constant_time::verify_slices_are_equal(row.bytes(1)?, &sha256(secret)).is_err() {
            return Ok(None);
        }
        let account = row.text(0)?.parse();
        let account = account.map_err(|_| IdentityError::Invalid("stored account".into()))?;
        let sql = "UPDATE api_keys SET last_used_us = $2 WHERE key_id = $1";
        self.used(sql, id, moment(row, 3)?).await;
        let made_by = row.text_or_null(4)?;
        Ok(Some(KeyOwner {
            account,
            key_id: id.to_owned(),
            role: Role::stored(row.text(2)?),
            made_by_key: made_by.is_some_and(|by| by.starts_with("key ")),
        }))
    }

    /// Writes the use of a key down, now and then. A disk that is full keeps nobody out.
    pub(crate) async fn used(&self, sql: &'static str, id: &str, last: Option<Timestamp>) {
        let now = self.clock.now();
        if last.is_some_and(|last| now.0 - last.0 < USED_EVERY.as_micros() as i64) {
            return;
        }
        let used = Statement::new(sql, vec![id.into(), now.into()]);
        if let Err(error) = self.catalog.write(vec![used]).await {
            tracing::warn!(%error, "the use of a key could not be written down");
        }
    }
}
