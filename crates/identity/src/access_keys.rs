// SPDX-License-Identifier: Apache-2.0
//! SigV4 access keys: who signs AWS API requests.

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hw_kernel::port::catalog::Statement;
use hw_model::{AccountId, Secret};

use crate::users::moment;
use crate::{Identity, IdentityError};

/// A fresh key, whole, this one time.
#[derive(Clone)]
pub struct AccessKey {
    /// `AKIA` and 16 letters, as AWS makes them.
    pub access_key_id: String,
    /// 40 characters.
    pub secret_access_key: Secret,
}

/// What a signature is checked with.
#[derive(Clone)]
pub struct SigningSecret {
    /// Whose key it is.
    pub account: AccountId,
    /// The secret.
    pub secret_access_key: Secret,
}

impl Identity {
    /// Makes an access key for everything in an account.
    pub async fn create_access_key(
        &self,
        account: AccountId,
        label: &str,
        made_by: &str,
    ) -> Result<AccessKey, IdentityError> {
        let (mut id, mut secret) = ([0u8; 16], [0u8; 30]);
        let random = rand::fill(&mut id).and_then(|()| rand::fill(&mut secret));
        random.map_err(|_| IdentityError::Crypto("no random bytes".into()))?;
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let letters = id
            .iter()
            .map(|byte| char::from(LETTERS[usize::from(byte & 31)]));
        let access_key_id: String = "AKIA".chars().chain(letters).collect();
        let secret_access_key = Secret::new(STANDARD_NO_PAD.encode(secret));
        let sealed = self
            .master_key
            .seal(&access_key_id, secret_access_key.expose().as_bytes())?;
        let sql = "INSERT INTO access_keys \
                   (access_key_id, account, secret_sealed, label, status, created_us, made_by) \
                   VALUES ($1, $2, $3, $4, 'Active', $5, $6)";
        let args = vec![
            access_key_id.as_str().into(),
            account.into(),
            sealed.into(),
            label.into(),
            self.clock.now().into(),
            made_by.into(),
        ];
        self.catalog.write(vec![Statement::new(sql, args)]).await?;
        Ok(AccessKey {
            access_key_id,
            secret_access_key,
        })
    }

    /// The secret of an active key.
    pub async fn signing_secret(&self, id: &str) -> Result<Option<SigningSecret>, IdentityError> {
        let sql = "SELECT account, secret_sealed, last_used_us FROM access_keys \
                   WHERE access_key_id = $1 AND status = 'Active'";
        let rows = self.catalog.read(sql, vec![id.into()]).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let account = row.text(0)?.parse();
        let account = account.map_err(|_| IdentityError::Invalid("stored account".into()))?;
        let secret = self.master_key.open(id, row.bytes(1)?)?;
        let secret_access_key = String::from_utf8(secret)
            .map(Secret::new)
            .map_err(|_| IdentityError::MasterKey(format!("the secret of {id} is not text")))?;
        let sql = "UPDATE access_keys SET last_used_us = $2 WHERE access_key_id = $1";
        self.used(sql, id, moment(row, 2)?).await;
        Ok(Some(SigningSecret {
            account,
            secret_access_key,
        }))
    }
}
