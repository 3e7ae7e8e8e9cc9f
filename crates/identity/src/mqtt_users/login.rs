// SPDX-License-Identifier: Apache-2.0
//! Checks a device's password: one at a time for each user, so that a fleet with one user that
//! comes all at once costs one hash and locks nobody out.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use hw_kernel::admission::NamedPrincipal;
use hw_model::AccountId;
use tokio::sync::Mutex;

use super::verified::Verified;
use super::{PROOF, is_name};
use crate::passwords::Passwords;
use crate::softlock::{ADDRESS_STEPS, DEVICE_STEPS, Softlock};
use crate::{Identity, IdentityError};

/// Turns that users share by the hash of their name.
const TURNS: usize = 256;

/// Passwords of devices that may wait to be checked; people's have a queue of their own.
const WAITING_MAX: usize = 512;

/// What checks work with.
pub(crate) struct Logins {
    passwords: Passwords,
    verified: Verified,
    users: Softlock<(AccountId, String)>,
    addresses: Softlock<String>,
    turns: Vec<Mutex<()>>,
    hasher: RandomState,
}

impl Default for Logins {
    fn default() -> Self {
        Self {
            passwords: Passwords::with_queue(WAITING_MAX),
            verified: Verified::default(),
            users: Softlock::new(DEVICE_STEPS),
            addresses: Softlock::new(ADDRESS_STEPS),
            turns: (0..TURNS).map(|_| Mutex::new(())).collect(),
            hasher: RandomState::new(),
        }
    }
}

/// What a user's password is compared with.
pub(crate) struct Credential {
    id: String,
    phc: String,
}

impl Identity {
    /// What stands about a name; `None` if nobody has it.
    pub(crate) async fn mqtt_credential(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<Option<Credential>, IdentityError> {
        if !is_name(name) {
            return Ok(None);
        }
        let sql = "SELECT credential_id, password_phc FROM mqtt_users \
                   WHERE account = $1 AND user_name = $2";
        let args = vec![account.into(), name.into()];
        let rows = self.catalog.read(sql, args).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        Ok(Some(Credential {
            id: row.text(0)?.to_owned(),
            phc: row.text(1)?.to_owned(),
        }))
    }

    /// Who has this password. Nobody's name takes as long, and is locked like others.
    ///
    /// # Errors
    /// `Credentials`, `Locked`, `PasswordsBusy`.
    pub(crate) async fn prove_mqtt_user(
        &self,
        account: AccountId,
        name: &str,
        credential: Option<Credential>,
        password: &[u8],
        address: &str,
    ) -> Result<NamedPrincipal, IdentityError> {
        if !is_name(name) {
            return Err(IdentityError::Credentials);
        }
        let logins = &*self.mqtt_logins;
        let id = credential.as_ref().map(|known| known.id.clone());
        let id = id.unwrap_or_default();
        let named = NamedPrincipal {
            name: format!("mqtt-user/{name}").as_str().into(),
            proof: format!("{PROOF}{id}").as_str().into(),
        };
        let is_known = || {
            let now = self.clock.monotonic();
            logins.verified.has(&id, password, now)
        };
        if is_known() {
            return Ok(named);
        }
        let who = (account, name.to_owned());
        let turn = logins.hasher.hash_one(&who) as usize % TURNS;
        let _turn = match logins.turns.get(turn) {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        // Somebody with the same name and password may have come first.
        if is_known() {
            return Ok(named);
        }
        let address = address.to_owned();
        let now = self.clock.monotonic();
        logins.addresses.look(&address, now).map_err(locked)?;
        logins.users.attempt(&who, now).map_err(locked)?;
        let text = std::str::from_utf8(password).unwrap_or_default();
        let phc = credential.map(|known| known.phc);
        match logins.passwords.fits(phc, text).await {
            Ok(true) => {
                let now = self.clock.monotonic();
                logins.users.succeeded(&who);
                logins.verified.note(&id, password, now);
                Ok(named)
            }
            Ok(false) => {
                let now = self.clock.monotonic();
                // It may be locked by now, by others that came from there.
                let _ = logins.addresses.attempt(&address, now);
                Err(IdentityError::Credentials)
            }
            Err(error) => {
                // A fault of ours is nobody's guess.
                logins.users.take_back(&who);
                Err(error)
            }
        }
    }
}

fn locked(wait: Duration) -> IdentityError {
    IdentityError::Locked {
        seconds: wait.as_secs() + u64::from(wait.subsec_nanos() > 0),
    }
}
