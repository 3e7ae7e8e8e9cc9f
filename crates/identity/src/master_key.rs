// SPDX-License-Identifier: Apache-2.0
//! The master key: seals what must be read back (SigV4 secrets, the CA's key).
//!
//! AES-256-GCM with a random nonce in front; the row's id is associated data, so that a sealed
//! value moved to another row does not open.

use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use hw_model::Secret;

use crate::IdentityError;

/// Bytes of the key.
pub const MASTER_KEY_BYTES: usize = 32;

/// A 256-bit key. Never shown; `Debug` prints nothing of it.
pub struct MasterKey(LessSafeKey);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl MasterKey {
    /// From 64 hexadecimal digits (white space around them is fine).
    pub fn from_hex(text: &str) -> Result<Self, IdentityError> {
        let wrong = || IdentityError::MasterKey("a master key is 64 hexadecimal digits".into());
        let bytes = Secret::new(hex::decode(text.trim()).map_err(|_| wrong())?);
        let key = UnboundKey::new(&AES_256_GCM, bytes.expose()).map_err(|_| wrong())?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Reads the key file, or makes it (0600, synced). One that others may read is refused.
    pub fn from_file(path: &Path) -> Result<Self, IdentityError> {
        let failed = |source| IdentityError::File {
            path: path.display().to_string(),
            source,
        };
        match std::fs::metadata(path) {
            Ok(facts) if facts.mode() & 0o077 != 0 => Err(IdentityError::MasterKey(format!(
                "{} can be read by others; run: chmod 600 {0}",
                path.display()
            ))),
            Ok(_) => {
                let text = Secret::new(std::fs::read_to_string(path).map_err(failed)?);
                Self::from_hex(text.expose()).map_err(|_| {
                    IdentityError::MasterKey(format!(
                        "{} does not hold 64 hexadecimal digits; put it back from a backup",
                        path.display()
                    ))
                })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::make(path),
            Err(error) => Err(failed(error)),
        }
    }

    fn make(path: &Path) -> Result<Self, IdentityError> {
        let failed = |source| IdentityError::File {
            path: path.display().to_string(),
            source,
        };
        let mut bytes = [0; MASTER_KEY_BYTES];
        rand::fill(&mut bytes).map_err(|_| IdentityError::Crypto("no random bytes".into()))?;
        let text = Secret::new(hex::encode(bytes));
        // Under another name first: a crash must not leave half a key that is taken for one.
        let aside = path.with_extension("key.new");
        let _ = std::fs::remove_file(&aside);
        let mut options = std::fs::OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&aside)
            .map_err(failed)?;
        file.write_all(text.expose().as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| std::fs::rename(&aside, path))
            .map_err(failed)?;
        if let Some(folder) = path.parent() {
            std::fs::File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(failed)?;
        }
        Self::from_hex(text.expose())
    }

    /// Seals a secret for the row `id`.
    pub fn seal(&self, id: &str, secret: &[u8]) -> Result<Vec<u8>, IdentityError> {
        let crypto = |_| IdentityError::Crypto("sealing failed".into());
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(crypto)?;
        let mut sealed = secret.to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        let aad = Aad::from(id.as_bytes());
        self.0
            .seal_in_place_append_tag(unique, aad, &mut sealed)
            .map_err(crypto)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Opens what [`MasterKey::seal`] made for the same row.
    pub fn open(&self, id: &str, sealed: &[u8]) -> Result<Vec<u8>, IdentityError> {
        let wrong = || {
            IdentityError::MasterKey(format!(
                "the secret {id} does not open: it was sealed under another master key"
            ))
        };
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
        let mut bytes = sealed.to_vec();
        let aad = Aad::from(id.as_bytes());
        let secret = self
            .0
            .open_in_place(nonce, aad, &mut bytes)
            .map_err(|_| wrong())?;
        Ok(secret.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_for_its_row_and_key() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("master.key");
        let key = MasterKey::from_file(&path).expect("made");
        let sealed = key.seal("row", b"secret").expect("sealed");
        let again = MasterKey::from_file(&path).expect("read again");
        assert_eq!(again.open("row", &sealed).expect("opened"), b"secret");
        assert!(again.open("other", &sealed).is_err());
        let other = MasterKey::from_hex(&"00".repeat(32)).expect("a key");
        assert!(other.open("row", &sealed).is_err() && other.open("row", b"x").is_err());
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("master.key");
        MasterKey::from_file(&path).expect("made");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("chmod");
        let error = MasterKey::from_file(&path)
            .expect_err("refused")
            .to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }
}
