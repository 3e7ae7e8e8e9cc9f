// SPDX-License-Identifier: Apache-2.0
//! Signing in with a password, and changing it. Who does not exist, has no password or gave a
//! wrong one gets the same answer after the same time.

use hw_kernel::admission::{AdmissionChanges, Touched};
use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::AccountId;

use crate::softlock::{ADDRESS_STEPS, Softlock, USER_STEPS};
use crate::users::USER_NAME_CHARS_MAX;
use crate::{Identity, IdentityError, sessions};

/// Failures by user and by address.
pub(crate) struct Locks {
    pub users: Softlock<(AccountId, String)>,
    pub addresses: Softlock<String>,
}

impl Default for Locks {
    fn default() -> Self {
        Self {
            users: Softlock::new(USER_STEPS),
            addresses: Softlock::new(ADDRESS_STEPS),
        }
    }
}

impl Identity {
    /// Checks a password; `address` is where the try comes from.
    ///
    /// # Errors
    /// `Credentials` if it is wrong in any way, `Locked` if it came too soon after others.
    pub async fn check_password(
        &self,
        account: AccountId,
        name: &str,
        password: &str,
        address: Option<&str>,
    ) -> Result<(), IdentityError> {
        if name.chars().count() > USER_NAME_CHARS_MAX {
            return Err(IdentityError::Credentials);
        }
        let (who, now) = ((account, name.to_owned()), self.clock.monotonic());
        let address = address.unwrap_or("unknown").to_owned();
        let locked = |wait: std::time::Duration| IdentityError::Locked {
            seconds: wait.as_secs() + u64::from(wait.subsec_nanos() > 0),
        };
        self.locks
            .addresses
            .attempt(&address, now)
            .map_err(locked)?;
        if let Err(wait) = self.locks.users.attempt(&who, now) {
            return Err(locked(wait));
        }
        let sql = "SELECT password_phc FROM users WHERE account = $1 AND user_name = $2";
        let rows = self.catalog.read(sql, vec![account.into(), name.into()]);
        let fits = async {
            let rows = rows.await?;
            let stored = match rows.first() {
                Some(row) => row.text_or_null(0)?.map(str::to_owned),
                None => None,
            };
            self.passwords.fits(stored, password).await
        };
        match fits.await {
            Ok(true) => {
                self.locks.users.succeeded(&who);
                self.locks.addresses.take_back(&address);
                Ok(())
            }
            Ok(false) => Err(IdentityError::Credentials),
            Err(error) => {
                // A fault of ours is nobody's guess.
                self.locks.users.take_back(&who);
                self.locks.addresses.take_back(&address);
                Err(error)
            }
        }
    }

    /// Writes a sign-in down. A disk that is full keeps nobody out.
    pub async fn signed_in(&self, account: AccountId, name: &str) {
        let sql = "UPDATE users SET last_sign_in_us = $3 WHERE account = $1 AND user_name = $2";
        let args = vec![account.into(), name.into(), self.clock.now().into()];
        if let Err(error) = self.catalog.write(vec![Statement::new(sql, args)]).await {
            tracing::warn!(%error, "a sign-in could not be written down");
        }
    }

    /// Changes a password, and ends every session of the user.
    ///
    /// # Errors
    /// As [`Identity::check_password`], and `Invalid` if the new one breaks the rules.
    pub async fn change_password(
        &self,
        account: AccountId,
        name: &str,
        current: &str,
        new: &str,
        address: Option<&str>,
    ) -> Result<(), IdentityError> {
        self.check_password(account, name, current, address).await?;
        let phc = self.passwords.hash(name, new).await?;
        let sql = "UPDATE users SET password_phc = $3, password_changed_us = $4 \
                   WHERE account = $1 AND user_name = $2";
        let args = vec![
            account.into(),
            name.into(),
            phc.into(),
            self.clock.now().into(),
        ];
        let update = Statement::new(sql, args).expecting(1);
        let end = Statement::new(sessions::END_OF_USER, vec![account.into(), name.into()]);
        match self.catalog.write(vec![update, end]).await {
            Err(CatalogError::Conflict { .. }) => Err(IdentityError::Credentials),
            Err(error) => Err(error.into()),
            Ok(_) => {
                self.changes.touched(account, &Touched::Named);
                Ok(())
            }
        }
    }
}
