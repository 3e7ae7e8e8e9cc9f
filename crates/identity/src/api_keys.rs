// SPDX-License-Identifier: Apache-2.0
//! API keys: for SQL, the people's API and the PostgreSQL password.
//!
//! `hw_ID_SECRET`: the id finds the row, the secret is 256 random bits and only its SHA-256 is
//! stored. A fast hash is enough because nobody can guess 256 bits.

use aws_lc_rs::{constant_time, digest, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hw_kernel::port::catalog::Statement;
use hw_model::{AccountId, Secret};

use crate::{Identity, IdentityError};

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
}

impl Identity {
    /// Makes a key and gives it back whole, this one time.
    pub async fn create_api_key(
        &self,
        account: AccountId,
        label: &str,
        role: Role,
    ) -> Result<Secret, IdentityError> {
        let (mut id, mut secret) = ([0; 8], [0; 32]);
        let random = rand::fill(&mut id).and_then(|()| rand::fill(&mut secret));
        random.map_err(|_| IdentityError::Crypto("no random bytes".into()))?;
        let (id, secret) = (hex::encode(id), URL_SAFE_NO_PAD.encode(secret));
        let sql = "INSERT INTO api_keys \
                   (key_id, account, secret_sha256, label, role, status, created_us) \
                   VALUES ($1, $2, $3, $4, $5, 'Active', $6)";
        let args = vec![
            id.as_str().into(),
            account.into(),
            sha256(&secret).into(),
            label.into(),
            role.as_str().into(),
            self.clock.now().into(),
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
        let sql = "SELECT account, secret_sha256, role FROM api_keys \
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
        let role = if row.text(2)? == "admin" {
            Role::Admin
        } else {
            Role::Read
        };
        Ok(Some(KeyOwner {
            account,
            key_id: id.to_owned(),
            role,
        }))
    }
}

fn sha256(secret: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, secret.as_bytes())
        .as_ref()
        .to_vec()
}
