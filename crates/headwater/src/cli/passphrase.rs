// SPDX-License-Identifier: Apache-2.0
//! The passphrase of a backup, from a file.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use hw_model::Secret;

use super::{Failure, note};

/// Longest passphrase, in bytes.
const BYTES_MAX: u64 = 4096;

/// Reads a passphrase: all of the file, without the line break at its end.
pub fn read(path: &Path) -> Result<Secret<Vec<u8>>, Failure> {
    let failed = |error| {
        Failure::usage(format!(
            "the passphrase file {} can't be read: {error}",
            path.display()
        ))
    };
    let facts = std::fs::metadata(path).map_err(failed)?;
    if facts.len() > BYTES_MAX {
        let what = format!("{} is too long for a passphrase", path.display());
        return Err(Failure::usage(what));
    }
    if facts.is_file() && facts.mode() & 0o077 != 0 {
        let path = path.display();
        note(&format!(
            "{path} can be read by others; run: chmod 600 {path}"
        ));
    }
    let mut text = std::fs::read(path).map_err(failed)?;
    while text.last().is_some_and(|byte| b"\r\n".contains(byte)) {
        text.pop();
    }
    if text.is_empty() {
        let what = format!("there is no passphrase in {}", path.display());
        return Err(Failure::usage(what));
    }
    Ok(Secret::new(text))
}
