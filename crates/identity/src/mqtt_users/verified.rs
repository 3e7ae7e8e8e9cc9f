// SPDX-License-Identifier: Apache-2.0
//! Passwords that were right a moment ago. Argon2id takes long on purpose; a thousand devices that
//! come back at once after a short break must not pay it again.
//!
//! What is kept is an HMAC under a key that lives as long as the process.

use std::collections::HashMap;
use std::time::Duration;

use aws_lc_rs::{hmac, rand};
use parking_lot::Mutex;

/// How long a password is believed.
const SPAN: Duration = Duration::from_secs(5 * 60);

/// Most entries; some other goes for a new one.
const ENTRIES_MAX: usize = 50_000;

struct Entry {
    tag: hmac::Tag,
    until: Duration,
}

/// By the id of a credential, which another password changes.
pub(super) struct Verified {
    /// `None` if there are no random bits: then nothing is kept.
    key: Option<hmac::Key>,
    entries: Mutex<HashMap<String, Entry>>,
}

impl Default for Verified {
    fn default() -> Self {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &rand::SystemRandom::new());
        Self {
            key: key.ok(),
            entries: Mutex::default(),
        }
    }
}

impl Verified {
    /// Whether this password was right, not long before `now` of the monotonic clock.
    pub fn has(&self, credential: &str, password: &[u8], now: Duration) -> bool {
        let Some(key) = &self.key else { return false };
        let entries = self.entries.lock();
        let entry = entries.get(credential).filter(|entry| now < entry.until);
        // Compares in constant time.
        entry.is_some_and(|entry| hmac::verify(key, password, entry.tag.as_ref()).is_ok())
    }

    /// It was right at `now`.
    pub fn note(&self, credential: &str, password: &[u8], now: Duration) {
        let Some(key) = &self.key else { return };
        let mut entries = self.entries.lock();
        if entries.len() >= ENTRIES_MAX && !entries.contains_key(credential) {
            entries.retain(|_, entry| now < entry.until);
            let some = entries.keys().next().cloned();
            if let Some(some) = some.filter(|_| entries.len() >= ENTRIES_MAX) {
                entries.remove(&some);
            }
        }
        let entry = Entry {
            tag: hmac::sign(key, password),
            until: now + SPAN,
        };
        entries.insert(credential.to_owned(), entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn believes_the_same_password_for_a_while() {
        let verified = Verified::default();
        let start = Duration::from_secs(9);
        assert!(!verified.has("a", b"p", start));
        verified.note("a", b"p", start);
        assert!(verified.has("a", b"p", start + SPAN / 2));
        assert!(!verified.has("a", b"q", start), "another password");
        assert!(!verified.has("b", b"p", start), "another credential");
        assert!(!verified.has("a", b"p", start + SPAN), "over");
    }

    #[test]
    fn is_bounded() {
        let verified = Verified::default();
        for number in 0..ENTRIES_MAX + 10 {
            verified.note(&number.to_string(), b"p", Duration::ZERO);
        }
        assert_eq!(verified.entries.lock().len(), ENTRIES_MAX);
    }
}
