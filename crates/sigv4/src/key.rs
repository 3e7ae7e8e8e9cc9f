// SPDX-License-Identifier: Apache-2.0
//! The signing key: HMAC over date, region, service and a terminator.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// HMAC-SHA-256.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// The key for one day, region and service.
pub(crate) fn signing_key(secret: &str, day: &str, region: &str, service: &str) -> [u8; 32] {
    let first = hmac(format!("AWS4{secret}").as_bytes(), day.as_bytes());
    let second = hmac(&first, region.as_bytes());
    let third = hmac(&second, service.as_bytes());
    hmac(&third, b"aws4_request")
}
