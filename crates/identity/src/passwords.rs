// SPDX-License-Identifier: Apache-2.0
//! Passwords: what one must be, and its Argon2id hash, made on threads for long work, a few at a
//! time.
//!
//! Parameters are OWASP's (19 MiB, 2 passes, 1 lane); they stand in each hash, so that a later
//! release can raise them. A user who does not exist costs the same time as one who does.

use std::sync::{Arc, OnceLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::IdentityError;
use crate::secret_token::random;

/// Fewest characters of a password.
pub const PASSWORD_CHARS_MIN: usize = 12;

/// Most bytes of a password.
pub const PASSWORD_BYTES_MAX: usize = 1_024;

/// Hashes that are computed at once; each takes 19 MiB.
const HASHES_AT_ONCE: usize = 2;

/// Hashes that may wait for their turn.
const HASHES_WAITING_MAX: usize = 64;

/// Computes hashes.
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// The hash that a password is compared with when there is no such user.
    decoy: Arc<OnceLock<String>>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self::with_queue(HASHES_WAITING_MAX)
    }
}

impl Passwords {
    /// With room for so many that wait.
    pub(crate) fn with_queue(waiting_max: usize) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            waiting: Arc::new(Semaphore::new(HASHES_AT_ONCE + waiting_max)),
            decoy: Arc::default(),
        }
    }

    /// The PHC string of a password that keeps the rules.
    pub(crate) async fn hash(&self, user: &str, password: &str) -> Result<String, IdentityError> {
        check(user, password)?;
        let password = password.to_owned();
        self.work(move || phc(&password)).await?
    }

    /// Whether the password is the one of `stored`. Takes as long for `None`, and says no.
    pub(crate) async fn fits(
        &self,
        stored: Option<String>,
        password: &str,
    ) -> Result<bool, IdentityError> {
        if password.len() > PASSWORD_BYTES_MAX {
            return Ok(false);
        }
        let (password, decoy) = (password.to_owned(), self.decoy.clone());
        self.work(move || match stored {
            Some(stored) => verify(&stored, &password),
            None => {
                let decoy = match decoy.get() {
                    Some(known) => known,
                    None => {
                        let made = phc("nobody has this password")?;
                        decoy.get_or_init(|| made)
                    }
                };
                verify(decoy, &password).map(|_| false)
            }
        })
        .await?
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, IdentityError> {
        let closed = |_| IdentityError::Crypto("the server is ending".into());
        let Ok(_waiting) = self.waiting.clone().try_acquire_owned() else {
            return Err(IdentityError::PasswordsBusy);
        };
        let _turn = self.turns.clone().acquire_owned().await.map_err(closed)?;
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|error| IdentityError::Crypto(error.to_string()))
    }
}

/// Refuses what anybody would guess.
fn check(user: &str, password: &str) -> Result<(), IdentityError> {
    let wrong = |rule: String| Err(IdentityError::Invalid(format!("a password must {rule}")));
    if password.chars().count() < PASSWORD_CHARS_MIN {
        return wrong(format!("have at least {PASSWORD_CHARS_MIN} characters"));
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return wrong(format!("have at most {PASSWORD_BYTES_MAX} bytes"));
    }
    let lower = password.to_lowercase();
    if lower.contains(&user.to_lowercase()) && !user.is_empty() && lower.len() < user.len() + 8 {
        return wrong("be more than the user's name".into());
    }
    let mut letters: Vec<char> = lower.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if letters.len() < 5 {
        return wrong("have at least 5 different characters".into());
    }
    if [
        "password",
        "passwort",
        "headwater",
        "administrator",
        "123456789",
        "qwertyuiop",
    ]
    .iter()
    .any(|known| lower.contains(known) && lower.len() < known.len() + 6)
    {
        return wrong("not be one that everybody tries first".into());
    }
    Ok(())
}

fn phc(password: &str) -> Result<String, IdentityError> {
    let salt = random::<16>()?;
    let hash: PasswordHash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|error| IdentityError::Crypto(error.to_string()))?;
    Ok(hash.to_string())
}

fn verify(stored: &str, password: &str) -> Result<bool, IdentityError> {
    let hash = PasswordHash::new(stored)
        .map_err(|error| IdentityError::Crypto(format!("a stored hash: {error}")))?;
    Ok(Argon2::default()
        .verify_password(password.as_bytes(), &hash)
        .is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_fits_its_password_and_no_other() {
        let passwords = Passwords::default();
        let stored = passwords
            .hash("ada", "a long enough one")
            .await
            .expect("hashed");
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
        for (stored, password, fits) in [
            (Some(stored.clone()), "a long enough one", true),
            (Some(stored), "a long enough two", false),
            (None, "nobody has this password", false),
        ] {
            assert_eq!(passwords.fits(stored, password).await.ok(), Some(fits));
        }
    }

    #[test]
    fn rules() {
        for bad in ["short", "aaaaaaaaaaaaaaaa", "Password1234", "operator1234"] {
            assert!(check("operator", bad).is_err(), "{bad}");
        }
        assert!(check("operator", &"ab cd ef".repeat(200)).is_err());
        for good in [
            "a long enough one",
            "Zwölf Zeichen!",
            "correct horse battery",
        ] {
            assert!(check("operator", good).is_ok(), "{good}");
        }
    }
}
