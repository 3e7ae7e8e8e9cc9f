// SPDX-License-Identifier: Apache-2.0
//! The header of an age file with a passphrase: one stanza of type `scrypt`.
//!
//! ```text
//! age-encryption.org/v1
//! -> scrypt SALT LOG2_OF_N
//! FILE_KEY                     sealed under scrypt(passphrase)
//! --- MAC                      HMAC of all before it, under a key made from the file's key
//! ```
//! SALT, FILE_KEY and MAC are base64 without padding. A nonce of 16 bytes follows, then the chunks.

use std::io::Read;

use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

use super::{Key, MAGIC, TAG_BYTES, WORK_FACTOR_LOG2_MAX, derive};
use crate::error::ArchiveError;

const SALT_BYTES: usize = 16;
const FILE_KEY_BYTES: usize = 16;
const NONCE_BYTES: usize = 16;

/// Longest line of a header, in bytes.
const LINE_BYTES_MAX: usize = 128;

/// Makes a header, and the key for what follows it.
pub(super) fn write(
    passphrase: &[u8],
    work_factor_log2: u8,
) -> Result<(Vec<u8>, Key), ArchiveError> {
    let failed = |_| std::io::Error::other("encryption is not possible on this machine");
    let (mut salt, mut file_key) = ([0; SALT_BYTES], [0; FILE_KEY_BYTES]);
    let mut nonce = [0; NONCE_BYTES];
    for random in [&mut salt, &mut file_key, &mut nonce] {
        rand::fill(random).map_err(failed)?;
    }
    let mut sealed = file_key.to_vec();
    let wrap = wrapping_key(passphrase, &salt, work_factor_log2)?;
    wrap.seal([0; 12], &mut sealed).map_err(failed)?;
    let mut header = MAGIC.to_vec();
    let (salt, sealed) = (BASE64.encode(salt), BASE64.encode(sealed));
    header.extend(format!("-> scrypt {salt} {work_factor_log2}\n{sealed}\n---").bytes());
    let mac = hmac::sign(&mac_key(&file_key).map_err(failed)?, &header);
    header.extend(format!(" {}\n", BASE64.encode(mac)).bytes());
    header.extend(nonce);
    let key = derive(&file_key, &nonce, b"payload").and_then(|key| Key::new(&key));
    Ok((header, key.map_err(failed)?))
}

/// Reads a header, and gives the key for what follows it.
pub(super) fn read(from: &mut impl Read, passphrase: &[u8]) -> Result<Key, ArchiveError> {
    let odd = || ArchiveError::damaged("its header is not one of age with a passphrase");
    let mut header = Vec::new();
    let mut line = || -> Result<String, ArchiveError> {
        let start = header.len();
        while header.last() != Some(&b'\n') || header.len() == start {
            let mut byte = [0];
            if from.read(&mut byte)? == 0 {
                return Err(ArchiveError::Truncated(header.len() as u64));
            }
            header.push(byte[0]);
            if header.len() - start > LINE_BYTES_MAX {
                return Err(odd());
            }
        }
        let text = std::str::from_utf8(&header[start..header.len() - 1]);
        Ok(text.map_err(|_| odd())?.to_owned())
    };
    let magic = line()? + "\n";
    let (stanza, sealed, end) = (line()?, line()?, line()?);
    let mac = end.strip_prefix("--- ").ok_or_else(odd)?;
    let parts: Vec<_> = stanza.split(' ').collect();
    let ["->", "scrypt", salt, factor] = parts[..] else {
        return Err(odd());
    };
    let decode = |text: &str| BASE64.decode(text).map_err(|_| odd());
    let (salt, mut file_key, mac) = (decode(salt)?, decode(&sealed)?, decode(mac)?);
    let is_number = !factor.starts_with(['0', '+']);
    let factor: u8 = factor.parse().ok().filter(|_| is_number).ok_or_else(odd)?;
    let lengths = (salt.len(), file_key.len());
    if magic.as_bytes() != MAGIC || lengths != (SALT_BYTES, FILE_KEY_BYTES + TAG_BYTES) {
        return Err(odd());
    }
    let wrap = wrapping_key(passphrase, &salt, factor)?;
    let wrong = |_| ArchiveError::WrongPassphrase;
    wrap.open([0; 12], &mut file_key).map_err(wrong)?;
    let covered = &header[..header.len() - end.len() - 1 + "---".len()];
    let changed = |_| ArchiveError::damaged("its header was changed");
    hmac::verify(&mac_key(&file_key).map_err(changed)?, covered, &mac).map_err(changed)?;
    let mut nonce = [0; NONCE_BYTES];
    from.read_exact(&mut nonce)
        .map_err(|_| ArchiveError::Truncated(header.len() as u64))?;
    let key = derive(&file_key, &nonce, b"payload").and_then(|key| Key::new(&key));
    key.map_err(changed)
}

fn wrapping_key(passphrase: &[u8], salt: &[u8], factor: u8) -> Result<Key, ArchiveError> {
    if !(1..=WORK_FACTOR_LOG2_MAX).contains(&factor) {
        return Err(ArchiveError::WorkFactor(factor));
    }
    let impossible = || std::io::Error::other("scrypt is not possible with these parameters");
    let params = scrypt::Params::new(factor, 8, 1, 32).map_err(|_| impossible())?;
    let salt = [b"age-encryption.org/v1/scrypt", salt].concat();
    let mut key = [0; 32];
    scrypt::scrypt(passphrase, &salt, &params, &mut key).map_err(|_| impossible())?;
    Ok(Key::new(&key).map_err(|_| impossible())?)
}

fn mac_key(file_key: &[u8]) -> Result<hmac::Key, aws_lc_rs::error::Unspecified> {
    Ok(hmac::Key::new(
        hmac::HMAC_SHA256,
        &derive(file_key, &[], b"header")?,
    ))
}
