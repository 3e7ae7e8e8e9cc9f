// SPDX-License-Identifier: Apache-2.0
//! Secrets that are handed out once and found again by their hash: 256 random bits in base64url,
//! kept as SHA-256.
//!
//! Finding one by its hash needs no comparison in constant time: who can steer the hash's bits
//! knows the secret already.

use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::IdentityError;

/// Characters of a token.
const TOKEN_CHARS: usize = 43;

/// `N` random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], IdentityError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| IdentityError::Crypto("no random bytes".into()))?;
    Ok(bytes)
}

/// A fresh token.
pub(crate) fn make() -> Result<String, IdentityError> {
    Ok(URL_SAFE_NO_PAD.encode(random::<32>()?))
}

/// The hash that a token is stored as; `None` for what can't be one.
pub(crate) fn hash(token: &str) -> Option<Vec<u8>> {
    (token.len() == TOKEN_CHARS).then(|| sha256(token))
}

/// SHA-256 of a text.
pub(crate) fn sha256(text: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, text.as_bytes())
        .as_ref()
        .to_vec()
}
