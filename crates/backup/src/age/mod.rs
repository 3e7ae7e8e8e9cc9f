// SPDX-License-Identifier: Apache-2.0
//! Encryption with a passphrase in the format of age (age-encryption.org/v1, recipient type
//! `scrypt`): the key is made from the passphrase by scrypt, the content is sealed in chunks of
//! 64 KiB by ChaCha20-Poly1305. A chunk's nonce counts it and says whether it is the last one, so
//! chunks that are missing, doubled or in another order do not open.

mod header;
mod opener;
mod sealer;

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf;

pub use opener::Opener;
pub use sealer::Sealer;

/// The first line.
const MAGIC: &[u8] = b"age-encryption.org/v1\n";

/// Plain bytes of a chunk; only the last one has fewer.
const CHUNK_BYTES: usize = 64 << 10;

/// What sealing adds to a chunk.
const TAG_BYTES: usize = 16;

/// scrypt's N that we write, as age itself does: 256 MiB of memory for half a second.
const WORK_FACTOR_LOG2: u8 = 18;

/// Greatest N that is read: 1 GiB.
pub(crate) const WORK_FACTOR_LOG2_MAX: u8 = 20;

/// Whether a file begins as an encrypted one.
pub fn is_sealed(first_bytes: &[u8]) -> bool {
    first_bytes.starts_with(MAGIC)
}

/// A key for chunks or for the file's key.
struct Key(LessSafeKey);

impl Key {
    fn new(bytes: &[u8; 32]) -> Result<Self, aws_lc_rs::error::Unspecified> {
        Ok(Self(LessSafeKey::new(UnboundKey::new(
            &CHACHA20_POLY1305,
            bytes,
        )?)))
    }

    /// Seals in place, and adds the tag.
    fn seal(
        &self,
        nonce: [u8; NONCE_LEN],
        chunk: &mut Vec<u8>,
    ) -> Result<(), aws_lc_rs::error::Unspecified> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.0.seal_in_place_append_tag(nonce, Aad::empty(), chunk)
    }

    /// Opens in place, and removes the tag.
    fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        chunk: &mut Vec<u8>,
    ) -> Result<(), aws_lc_rs::error::Unspecified> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let plain = self.0.open_in_place(nonce, Aad::empty(), chunk)?.len();
        chunk.truncate(plain);
        Ok(())
    }
}

/// The nonce of chunk `number`.
fn nonce(number: u64, is_last: bool) -> [u8; NONCE_LEN] {
    let mut nonce = [0; NONCE_LEN];
    nonce[3..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(is_last);
    nonce
}

/// HKDF-SHA-256 to 32 bytes.
fn derive(
    secret: &[u8],
    salt: &[u8],
    info: &[u8],
) -> Result<[u8; 32], aws_lc_rs::error::Unspecified> {
    let mut out = [0; 32];
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(secret)
        .expand(&[info], hkdf::HKDF_SHA256)?
        .fill(&mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests;
