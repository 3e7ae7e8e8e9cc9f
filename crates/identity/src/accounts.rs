// SPDX-License-Identifier: Apache-2.0
//! Accounts (tenants).

use hw_kernel::port::catalog::Statement;
use hw_model::AccountId;

use crate::{Identity, IdentityError};

impl Identity {
    /// Makes an account if it is not there.
    pub async fn ensure_account(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<(), IdentityError> {
        let sql = "INSERT INTO accounts (account, name, created_us) VALUES ($1, $2, $3) \
                   ON CONFLICT (account) DO NOTHING";
        let args = vec![account.into(), name.into(), self.clock.now().into()];
        self.catalog.write(vec![Statement::new(sql, args)]).await?;
        Ok(())
    }

    /// All accounts, in order.
    pub async fn accounts(&self) -> Result<Vec<AccountId>, IdentityError> {
        let rows = self
            .catalog
            .read("SELECT account FROM accounts ORDER BY account", vec![])
            .await?;
        let parse = |text: &str| {
            text.parse()
                .map_err(|_| IdentityError::Invalid(format!("stored account {text}")))
        };
        rows.iter().map(|row| parse(row.text(0)?)).collect()
    }
}
