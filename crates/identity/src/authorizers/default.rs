// SPDX-License-Identifier: Apache-2.0
//! The authorizer of clients that name none.

use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::AccountId;

use super::not_found;
use crate::{Identity, IdentityError};

impl Identity {
    /// Its name, if there is one.
    pub async fn default_authorizer(
        &self,
        account: AccountId,
    ) -> Result<Option<String>, IdentityError> {
        let sql = "SELECT authorizer_name FROM default_authorizers WHERE account = $1";
        let rows = self.catalog.read(sql, vec![account.into()]).await?;
        let name = rows.first().map(|row| row.text(0).map(str::to_owned));
        Ok(name.transpose()?)
    }

    /// Sets it; one that is set must be cleared first, as on AWS IoT.
    ///
    /// # Errors
    /// `NotFound`, `Exists`.
    pub async fn set_default_authorizer(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<(), IdentityError> {
        self.authorizer(account, name).await?;
        let sql = "INSERT INTO default_authorizers (account, authorizer_name) VALUES ($1, $2)";
        let insert = Statement::new(sql, vec![account.into(), name.into()]);
        match self.catalog.write(vec![insert]).await {
            Ok(_) => Ok(()),
            Err(CatalogError::Constraint { .. }) => Err(IdentityError::Exists {
                what: "a default authorizer beside",
                name: name.to_owned(),
                arn: self.authorizer_arn(account, name),
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// Clears it.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub async fn clear_default_authorizer(&self, account: AccountId) -> Result<(), IdentityError> {
        let sql = "DELETE FROM default_authorizers WHERE account = $1";
        let delete = Statement::new(sql, vec![account.into()]).expecting(1);
        match self.catalog.write(vec![delete]).await {
            Err(CatalogError::Conflict { .. }) => Err(not_found("by default")),
            done => done.map(|_| ()).map_err(IdentityError::from),
        }
    }
}
