// SPDX-License-Identifier: Apache-2.0
//! Authorizers by name.

use hw_kernel::port::catalog::Row;
use hw_model::AccountId;

use crate::page::{Page, limit};
use crate::{Identity, IdentityError};

impl Identity {
    /// A page of the account's authorizers, of one status if that is given.
    pub async fn authorizers(
        &self,
        account: AccountId,
        active: Option<bool>,
        ascending: bool,
        after: Option<&str>,
        count: usize,
    ) -> Result<Page<String, String>, IdentityError> {
        let sql = if ascending {
            "SELECT authorizer_name FROM authorizers WHERE account = $1 AND authorizer_name > $2 \
             AND ($3 = '' OR status = $3) ORDER BY authorizer_name LIMIT $4"
        } else {
            "SELECT authorizer_name FROM authorizers WHERE account = $1 \
             AND ($2 = '' OR authorizer_name < $2) \
             AND ($3 = '' OR status = $3) ORDER BY authorizer_name DESC LIMIT $4"
        };
        let status = match active {
            None => "",
            Some(true) => "ACTIVE",
            Some(false) => "INACTIVE",
        };
        let args = vec![
            account.into(),
            after.unwrap_or_default().into(),
            status.into(),
            limit(count).into(),
        ];
        let rows = self.catalog.read(sql, args).await?;
        let names = rows.iter().map(|row: &Row| Ok(row.text(0)?.to_owned()));
        let names = names.collect::<Result<Vec<_>, IdentityError>>()?;
        Ok(Page::cut(names, count, String::clone))
    }
}
