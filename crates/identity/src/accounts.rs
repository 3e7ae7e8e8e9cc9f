// SPDX-License-Identifier: Apache-2.0
//! Accounts (tenants).

use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::{AccountId, Timestamp};

use crate::secret_token::random;
use crate::{Identity, IdentityError};

/// Most characters of an account's name.
pub const ACCOUNT_NAME_CHARS_MAX: usize = 128;

/// How often another number is tried for a new account.
const NUMBERS_TRIED_MAX: usize = 8;

/// An account, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Twelve digits.
    pub id: AccountId,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whether it has an administrator who can sign in.
    pub has_administrator: bool,
}

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

    /// All accounts with their names, in order.
    pub async fn account_list(&self) -> Result<Vec<Account>, IdentityError> {
        let sql = "SELECT a.account, a.name, a.created_us, EXISTS \
                   (SELECT 1 FROM users u WHERE u.account = a.account AND u.role = 'admin' \
                    AND u.password_phc IS NOT NULL) \
                   FROM accounts a ORDER BY a.account";
        let rows = self.catalog.read(sql, vec![]).await?;
        let read = |row: &hw_kernel::port::catalog::Row| {
            let id = row.text(0)?.parse();
            Ok(Account {
                id: id.map_err(|_| IdentityError::Invalid("stored account".into()))?,
                name: row.text(1)?.to_owned(),
                created: Timestamp(row.int(2)?),
                has_administrator: row.int(3)? != 0,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Makes an account, of a given number or a random one.
    ///
    /// # Errors
    /// `Exists` for a number that is taken, `Invalid` for a name that is none.
    pub async fn create_account(
        &self,
        id: Option<AccountId>,
        name: &str,
    ) -> Result<AccountId, IdentityError> {
        let chars = name.chars().count();
        if !(1..=ACCOUNT_NAME_CHARS_MAX).contains(&chars) || name.chars().any(char::is_control) {
            return Err(IdentityError::Invalid(format!(
                "an account's name has 1 to {ACCOUNT_NAME_CHARS_MAX} characters, none of control"
            )));
        }
        for _ in 0..NUMBERS_TRIED_MAX {
            let number = match id {
                Some(id) => id,
                None => random_account()?,
            };
            let sql = "INSERT INTO accounts (account, name, created_us) VALUES ($1, $2, $3)";
            let args = vec![number.into(), name.into(), self.clock.now().into()];
            match self.catalog.write(vec![Statement::new(sql, args)]).await {
                Ok(_) => return Ok(number),
                Err(CatalogError::Constraint { .. }) if id.is_none() => {}
                Err(CatalogError::Constraint { .. }) => {
                    return Err(IdentityError::Exists {
                        what: "account",
                        arn: String::new(),
                        name: number.to_string(),
                    });
                }
                Err(error) => return Err(error.into()),
            }
        }
        let message = "no free account number was found; name one";
        Err(IdentityError::Limit(message.into()))
    }

    /// Whether there is such an account.
    pub async fn has_account(&self, account: AccountId) -> Result<bool, IdentityError> {
        let sql = "SELECT 1 FROM accounts WHERE account = $1";
        Ok(!self
            .catalog
            .read(sql, vec![account.into()])
            .await?
            .is_empty())
    }
}

/// Twelve digits, the first not 0, as on AWS.
fn random_account() -> Result<AccountId, IdentityError> {
    let number = u64::from_le_bytes(random::<8>()?);
    let number = 100_000_000_000 + number % 900_000_000_000;
    AccountId::from_number(number).ok_or_else(|| IdentityError::Crypto("account number".into()))
}
