// SPDX-License-Identifier: Apache-2.0
//! Users: people with a name, a role and a password of their own choice, each of one account.

use hw_kernel::admission::{AdmissionChanges, Touched};
use hw_kernel::port::catalog::{CatalogError, Row, Statement};
use hw_model::{AccountId, Timestamp};

use crate::api_keys::Role;
use crate::{Identity, IdentityError};

/// Most characters of a user's name.
pub const USER_NAME_CHARS_MAX: usize = 64;

/// Most users of an account.
pub const USERS_MAX: i64 = 1_000;

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name to sign in with.
    pub name: String,
    /// What the person may do in the account.
    pub role: Role,
    /// When it was made.
    pub created: Timestamp,
    /// When the password was chosen; `None` if none was yet.
    pub password_changed: Option<Timestamp>,
    /// The last sign-in.
    pub last_sign_in: Option<Timestamp>,
}

const COLUMNS: &str = "SELECT user_name, role, created_us, password_changed_us, last_sign_in_us \
                       FROM users WHERE account = $1 ORDER BY user_name";
const ONE: &str = "SELECT user_name, role, created_us, password_changed_us, last_sign_in_us \
                   FROM users WHERE account = $1 AND user_name = $2";

/// Changes nothing if it would leave the account without an administrator who can sign in. `$2` is
/// the user that is changed.
const ANOTHER_ADMINISTRATOR: &str = "UPDATE users SET role = $3 WHERE account = $1 AND user_name = $2 \
     AND ($3 = 'admin' OR role <> 'admin' OR EXISTS \
     (SELECT 1 FROM users WHERE account = $1 AND user_name <> $2 AND role = 'admin' \
      AND password_phc IS NOT NULL))";

impl Identity {
    /// The users of an account, by name.
    pub async fn users(&self, account: AccountId) -> Result<Vec<User>, IdentityError> {
        let rows = self.catalog.read(COLUMNS, vec![account.into()]).await?;
        rows.iter().map(read).collect()
    }

    /// One user.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn user(&self, account: AccountId, name: &str) -> Result<User, IdentityError> {
        let rows = self
            .catalog
            .read(ONE, vec![account.into(), name.into()])
            .await?;
        rows.first().map_or_else(|| Err(not_found(name)), read)
    }

    /// Whether somebody can sign in as administrator.
    pub async fn has_administrator(&self, account: AccountId) -> Result<bool, IdentityError> {
        let sql = "SELECT 1 FROM users WHERE account = $1 AND role = 'admin' \
                   AND password_phc IS NOT NULL LIMIT 1";
        let rows = self.catalog.read(sql, vec![account.into()]).await?;
        Ok(!rows.is_empty())
    }

    /// Makes a user, who has no password yet: a link lets the person choose one.
    ///
    /// # Errors
    /// `Invalid` name, `Exists`, `Limit`.
    pub async fn create_user(
        &self,
        account: AccountId,
        name: &str,
        role: Role,
    ) -> Result<(), IdentityError> {
        check_name(name)?;
        let sql = "INSERT INTO users (account, user_name, role, created_us) \
                   SELECT $1, $2, $3, $4 \
                   WHERE (SELECT count(*) FROM users WHERE account = $1) < $5";
        let args = vec![
            account.into(),
            name.into(),
            role.as_str().into(),
            self.clock.now().into(),
            USERS_MAX.into(),
        ];
        let insert = Statement::new(sql, args).expecting(1);
        match self.catalog.write(vec![insert]).await {
            Ok(_) => Ok(()),
            Err(CatalogError::Constraint { .. }) => Err(IdentityError::Exists {
                what: "user",
                arn: String::new(),
                name: name.to_owned(),
            }),
            Err(CatalogError::Conflict { .. }) => Err(IdentityError::Limit(format!(
                "an account has at most {USERS_MAX} users (users_max)"
            ))),
            Err(error) => Err(error.into()),
        }
    }

    /// Gives a user another role, at once in every session.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` for the last administrator.
    pub async fn set_user_role(
        &self,
        account: AccountId,
        name: &str,
        role: Role,
    ) -> Result<(), IdentityError> {
        let args = vec![account.into(), name.into(), role.as_str().into()];
        let update = Statement::new(ANOTHER_ADMINISTRATOR, args).expecting(1);
        self.unless_last(account, name, vec![update]).await
    }

    /// Deletes a user, and ends its sessions and links.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` for the last administrator.
    pub async fn delete_user(&self, account: AccountId, name: &str) -> Result<(), IdentityError> {
        let who = || vec![account.into(), name.into()];
        let sql = "DELETE FROM users WHERE account = $1 AND user_name = $2 \
                   AND (role <> 'admin' OR EXISTS \
                   (SELECT 1 FROM users WHERE account = $1 AND user_name <> $2 \
                    AND role = 'admin' AND password_phc IS NOT NULL))";
        let delete = Statement::new(sql, who()).expecting(1);
        let rest = [
            crate::sessions::END_OF_USER,
            crate::user_links::VOID_OF_USER,
        ];
        let rest = rest.map(|sql| Statement::new(sql, who()));
        self.unless_last(account, name, [&[delete][..], &rest].concat())
            .await
    }

    async fn unless_last(
        &self,
        account: AccountId,
        name: &str,
        statements: Vec<Statement>,
    ) -> Result<(), IdentityError> {
        match self.catalog.write(statements).await {
            Ok(_) => {
                self.changes.touched(account, &Touched::Named);
                Ok(())
            }
            Err(CatalogError::Conflict { .. }) => {
                self.user(account, name).await?;
                Err(IdentityError::LastAdministrator(name.to_owned()))
            }
            Err(error) => Err(error.into()),
        }
    }
}

pub(crate) fn not_found(name: &str) -> IdentityError {
    IdentityError::NotFound {
        what: "user",
        name: name.to_owned(),
    }
}

/// A name is letters, digits and `. _ @ + -`, so that it is safe in paths, logs and tables.
pub(crate) fn check_name(name: &str) -> Result<(), IdentityError> {
    let fits = |c: char| c.is_alphanumeric() || "._@+-".contains(c);
    let chars = name.chars().count();
    if (1..=USER_NAME_CHARS_MAX).contains(&chars) && name.chars().all(fits) {
        return Ok(());
    }
    Err(IdentityError::Invalid(format!(
        "a user's name has 1 to {USER_NAME_CHARS_MAX} letters, digits and . _ @ + -"
    )))
}

fn read(row: &Row) -> Result<User, IdentityError> {
    Ok(User {
        name: row.text(0)?.to_owned(),
        role: Role::stored(row.text(1)?),
        created: Timestamp(row.int(2)?),
        password_changed: moment(row, 3)?,
        last_sign_in: moment(row, 4)?,
    })
}

/// A time that may be NULL.
pub(crate) fn moment(row: &Row, column: usize) -> Result<Option<Timestamp>, IdentityError> {
    use hw_kernel::port::catalog::Value;
    match row.0.get(column) {
        Some(Value::Null) => Ok(None),
        _ => Ok(Some(Timestamp(row.int(column)?))),
    }
}
