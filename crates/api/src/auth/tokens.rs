// SPDX-License-Identifier: Apache-2.0
//! Secrets that are handed out and looked up again: 256 random bits, kept as SHA-256, bounded.
//!
//! Finding one by its hash needs no comparison in constant time: who can steer the hash's bits
//! knows the secret already.

use std::collections::HashMap;
use std::time::Duration;

use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;

/// Characters of a token.
const TOKEN_CHARS: usize = 43;

type Hash = [u8; 32];

/// Tokens and what each stands for, until its end on the monotonic clock.
pub(super) struct Tokens<T> {
    live: Mutex<HashMap<Hash, Entry<T>>>,
    max: usize,
}

struct Entry<T> {
    ends: Duration,
    value: T,
}

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoToken {
    /// All places are taken.
    Full,
    /// The system gave no random bytes.
    Random,
}

impl<T> Tokens<T> {
    pub(super) fn new(max: usize) -> Self {
        let live = Mutex::default();
        Self { live, max }
    }

    /// A fresh token for `value`, good from `now` for `span`.
    pub(super) fn make(&self, value: T, now: Duration, span: Duration) -> Result<String, NoToken> {
        let mut secret = [0; 32];
        rand::fill(&mut secret).map_err(|_| NoToken::Random)?;
        let token = URL_SAFE_NO_PAD.encode(secret);
        let mut live = self.live.lock();
        if live.len() >= self.max {
            live.retain(|_, entry| entry.ends > now);
        }
        if live.len() >= self.max {
            return Err(NoToken::Full);
        }
        let ends = now + span;
        live.insert(hash(&token), Entry { ends, value });
        Ok(token)
    }

    /// What a token stands for; it is used up: of two who come at once, one gets it.
    pub(super) fn take(&self, token: &str, now: Duration) -> Option<T> {
        let hash = hash_if_token(token)?;
        let entry = self.live.lock().remove(&hash)?;
        (entry.ends > now).then_some(entry.value)
    }
}

fn hash_if_token(token: &str) -> Option<Hash> {
    (token.len() == TOKEN_CHARS).then(|| hash(token))
}

fn hash(token: &str) -> Hash {
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    let mut hash = Hash::default();
    hash.copy_from_slice(digest.as_ref());
    hash
}
