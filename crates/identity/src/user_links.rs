// SPDX-License-Identifier: Apache-2.0
//! One-time links with which a person chooses a password: the first administrator of an account, a
//! new user, or one who has forgotten it.

use std::time::Duration;

use hw_kernel::admission::{AdmissionChanges, Touched};
use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::{AccountId, Timestamp};

use crate::api_keys::Role;
use crate::users::{check_name, not_found};
use crate::{Identity, IdentityError, secret_token, sessions};

/// How long a link opens.
pub const USER_LINK_SPAN: Duration = Duration::from_secs(24 * 60 * 60);

/// Voids the links of a user: `$1` account, `$2` name.
pub(crate) const VOID_OF_USER: &str =
    "DELETE FROM user_links WHERE account = $1 AND user_name = $2";

/// The name under which the first administrator's link is stored.
const FIRST: &str = "";

/// Whose password a link lets choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkOwner {
    /// The account.
    pub account: AccountId,
    /// The user; `None` for the first administrator, who chooses a name too.
    pub user: Option<String>,
}

impl Identity {
    /// A link for the account's first administrator; the one before it opens nothing any more.
    ///
    /// # Errors
    /// `Conflict` once there is an administrator.
    pub async fn make_setup_link(&self, account: AccountId) -> Result<String, IdentityError> {
        let sql = "INSERT INTO user_links \
                   (token_sha256, account, user_name, created_us, ends_us) \
                   SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS \
                   (SELECT 1 FROM users WHERE account = $2 AND role = 'admin' \
                    AND password_phc IS NOT NULL)";
        match self.make_user_link(account, FIRST, sql).await {
            Err(IdentityError::Catalog(CatalogError::Conflict { .. })) => {
                Err(IdentityError::HasAdministrator)
            }
            made => made,
        }
    }

    /// A link with which a user chooses a password; links made before open nothing any more.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn make_password_link(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<String, IdentityError> {
        let sql = "INSERT INTO user_links \
                   (token_sha256, account, user_name, created_us, ends_us) \
                   SELECT $1, $2, $3, $4, $5 WHERE EXISTS \
                   (SELECT 1 FROM users WHERE account = $2 AND user_name = $3)";
        if name == FIRST {
            return Err(not_found(name));
        }
        match self.make_user_link(account, name, sql).await {
            Err(IdentityError::Catalog(CatalogError::Conflict { .. })) => Err(not_found(name)),
            made => made,
        }
    }

    async fn make_user_link(
        &self,
        account: AccountId,
        name: &str,
        insert: &'static str,
    ) -> Result<String, IdentityError> {
        let token = secret_token::make()?;
        let now = self.clock.now();
        let ends = Timestamp(now.0 + USER_LINK_SPAN.as_micros() as i64);
        let args = vec![
            secret_token::sha256(&token).into(),
            account.into(),
            name.into(),
            now.into(),
            ends.into(),
        ];
        let void = Statement::new(VOID_OF_USER, vec![account.into(), name.into()]);
        let insert = Statement::new(insert, args).expecting(1);
        self.catalog.write(vec![void, insert]).await?;
        Ok(token)
    }

    /// Whose link this is, if it opens something. It does not use it up.
    pub async fn user_link(&self, token: &str) -> Result<Option<LinkOwner>, IdentityError> {
        let Some(hash) = secret_token::hash(token) else {
            return Ok(None);
        };
        let sql = "SELECT account, user_name FROM user_links \
                   WHERE token_sha256 = $1 AND ends_us > $2";
        let args = vec![hash.into(), self.clock.now().into()];
        let rows = self.catalog.read(sql, args).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let account = row.text(0)?.parse();
        let account = account.map_err(|_| IdentityError::Invalid("stored account".into()))?;
        let user = Some(row.text(1)?.to_owned()).filter(|name| name != FIRST);
        Ok(Some(LinkOwner { account, user }))
    }

    /// Uses a link up: the password is the user's from now on, and every session of before ends.
    ///
    /// # Errors
    /// `Link` for one that is unknown, used or expired; `Invalid` for a bad name or password, and
    /// the link stays good.
    pub async fn open_user_link(
        &self,
        token: &str,
        name: Option<&str>,
        password: &str,
    ) -> Result<(AccountId, String), IdentityError> {
        let (Some(owner), Some(hash)) = (self.user_link(token).await?, secret_token::hash(token))
        else {
            return Err(IdentityError::Link);
        };
        let name = match (&owner.user, name) {
            (Some(user), None) => user.clone(),
            (Some(user), Some(name)) if user == name => user.clone(),
            (Some(user), Some(_)) => {
                let message = format!("this link is for the user {user}; leave `name` out");
                return Err(IdentityError::Invalid(message));
            }
            (None, None) => return Err(IdentityError::Invalid("choose a `name`".into())),
            (None, Some(name)) => name.to_owned(),
        };
        check_name(&name)?;
        let phc = self.passwords.hash(&name, password).await?;
        let now = self.clock.now();
        let account = owner.account;
        let who = || vec![account.into(), name.as_str().into()];
        let take = "DELETE FROM user_links WHERE token_sha256 = $1 AND ends_us > $2";
        let take = Statement::new(take, vec![hash.into(), now.into()]).expecting(1);
        let set = match owner.user {
            Some(_) => {
                "UPDATE users SET password_phc = $3, password_changed_us = $4 \
                        WHERE account = $1 AND user_name = $2 AND $5 = $5"
            }
            // A user of that name without a password, made before there was an administrator,
            // becomes one.
            None => {
                "INSERT INTO users (account, user_name, password_phc, password_changed_us, \
                     role, created_us) SELECT $1, $2, $3, $4, $5, $4 WHERE NOT EXISTS \
                     (SELECT 1 FROM users WHERE account = $1 AND role = 'admin' \
                      AND password_phc IS NOT NULL) \
                     ON CONFLICT (account, user_name) DO UPDATE SET role = excluded.role, \
                     password_phc = excluded.password_phc, \
                     password_changed_us = excluded.password_changed_us"
            }
        };
        let mut args = who();
        args.extend([phc.into(), now.into(), Role::Admin.as_str().into()]);
        let set = Statement::new(set, args).expecting(1);
        let end = Statement::new(sessions::END_OF_USER, who());
        let void = Statement::new(VOID_OF_USER, who());
        match self.catalog.write(vec![take, set, end, void]).await {
            Ok(_) => {
                self.locks.users.succeeded(&(account, name.clone()));
                self.changes.touched(account, &Touched::Named);
                Ok((account, name))
            }
            Err(CatalogError::Conflict { .. }) => Err(IdentityError::Link),
            Err(error) => Err(error.into()),
        }
    }
}
