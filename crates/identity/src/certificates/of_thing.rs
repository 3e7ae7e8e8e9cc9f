// SPDX-License-Identifier: Apache-2.0
//! The certificates that are attached to a thing, for whoever explains why it can't connect.

use hw_model::AccountId;

use super::{Certificate, stored_id};
use crate::{Identity, IdentityError};

impl Identity {
    /// Those that are attached to a thing; `None` if there is no such thing.
    pub async fn certificates_of_thing(
        &self,
        account: AccountId,
        thing: &str,
    ) -> Result<Option<Vec<Certificate>>, IdentityError> {
        let there = "SELECT thing_name FROM things WHERE account = $1 AND thing_name = $2";
        let args = || vec![account.into(), thing.into()];
        if self.catalog.read(there, args()).await?.is_empty() {
            return Ok(None);
        }
        let sql = "SELECT certificate_id FROM thing_principals \
                   WHERE account = $1 AND thing_name = $2 ORDER BY certificate_id";
        let rows = self.catalog.read(sql, args()).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            found.push(self.certificate(account, stored_id(row.text(0)?)?).await?);
        }
        Ok(Some(found))
    }
}
