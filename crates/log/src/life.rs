// SPDX-License-Identifier: Apache-2.0
//! Which storage this is: an epoch that positions carry, and a salt that seeds every checksum.
//!
//! A folder that is begun anew has another epoch, so that old positions are not taken for its own.
//! With the salt, bytes inside a message never pass for a record, whatever a device sends.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::path::Path;

use bytes::Buf;

use crate::error::OpenError;
use crate::folder;

pub(crate) const FILE: &str = "life";
const MAGIC: &[u8; 8] = b"HWLIFE\0\0";
const FORMAT: u32 = 1;

/// The identity of a log's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) epoch: u32,
    pub(crate) salt: u32,
}

impl Life {
    /// A new one. Epoch 0 is never used.
    fn begin() -> Self {
        let random = RandomState::new().build_hasher().finish();
        Self {
            epoch: ((random >> 32) as u32).max(1),
            salt: random as u32,
        }
    }

    fn encode(self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        for number in [FORMAT, self.epoch, self.salt] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        let checksum = crc32c::crc32c(&out);
        out.extend_from_slice(&checksum.to_le_bytes());
        out
    }

    /// The life in `bytes`; `Ok(None)` if they are damaged.
    fn decode(bytes: &[u8]) -> Result<Option<Self>, OpenError> {
        let Some((covered, checksum)) = bytes.split_last_chunk::<4>() else {
            return Ok(None);
        };
        let whole = crc32c::crc32c(covered).to_le_bytes() == *checksum;
        let Some(mut fields) = covered.strip_prefix(MAGIC).filter(|_| whole) else {
            return Ok(None);
        };
        match fields.try_get_u32_le() {
            Ok(FORMAT) => {}
            Ok(version) => {
                let file = FILE.to_owned();
                return Err(OpenError::Newer { file, version });
            }
            Err(_) => return Ok(None),
        }
        Ok((|| {
            let (epoch, salt) = (fields.try_get_u32_le(), fields.try_get_u32_le());
            Some(Self {
                epoch: epoch.ok()?,
                salt: salt.ok()?,
            })
        })())
    }

    /// The life of the log in `dir`: what its file says, else what its segments say, else a new
    /// one if there are no segments.
    pub(crate) fn of(
        dir: &Path,
        segments: usize,
        from_headers: Option<Life>,
    ) -> Result<Self, OpenError> {
        let path = dir.join(FILE);
        let stored = match std::fs::read(&path) {
            Ok(bytes) => Self::decode(&bytes)?,
            Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => None,
            Err(other) => return Err(OpenError::at(path)(other)),
        };
        if let Some(life) = stored {
            return Ok(life);
        }
        let life = match from_headers {
            Some(life) => life,
            None if segments == 0 => Self::begin(),
            None => return Err(OpenError::NoLife(dir.to_owned())),
        };
        folder::replace(dir, FILE, &life.encode()).map_err(OpenError::at(path))?;
        Ok(life)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_and_is_mended_from_segments() {
        let dir = tempfile::tempdir().expect("a folder");
        let life = Life::of(dir.path(), 0, None).expect("begun");
        assert_eq!(Life::of(dir.path(), 0, None).expect("there"), life);
        std::fs::write(dir.path().join(FILE), b"damaged").expect("written");
        assert!(matches!(
            Life::of(dir.path(), 1, None),
            Err(OpenError::NoLife(_))
        ));
        assert_eq!(Life::of(dir.path(), 1, Some(life)).expect("mended"), life);
        assert_eq!(Life::of(dir.path(), 1, None).expect("there"), life);
    }

    #[test]
    fn any_flipped_bit_shows() {
        let life = Life { epoch: 3, salt: 4 };
        let bytes = life.encode();
        assert_eq!(Life::decode(&bytes).expect("not newer"), Some(life));
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Life::decode(&bad).expect("not newer"), None, "{bit}");
        }
    }
}
