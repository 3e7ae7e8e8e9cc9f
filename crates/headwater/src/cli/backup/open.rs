// SPDX-License-Identifier: Apache-2.0
//! Opening a backup, encrypted or not.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use hw_backup::{ArchiveError, Opener, is_sealed};

use crate::cli::{Failure, note, passphrase};

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 1 << 20;

/// Enough to tell what it is.
const FIRST_BYTES: u64 = 64;

/// Whether a file is encrypted.
pub(super) fn encrypted(file: &mut File) -> std::io::Result<bool> {
    let mut first = Vec::new();
    (&mut *file).take(FIRST_BYTES).read_to_end(&mut first)?;
    file.rewind()?;
    Ok(is_sealed(&first))
}

/// The archive in a file, decrypted, and how many bytes the file has. `done` is told how many were
/// read.
pub fn opened(
    path: &Path,
    passphrase_file: Option<&Path>,
    done: impl FnMut(u64) + Send + 'static,
) -> Result<Box<dyn Read + Send>, Failure> {
    let failed = |error: std::io::Error| {
        let what = format!("{} can't be read: {error}", path.display());
        match error.kind() {
            std::io::ErrorKind::NotFound => Failure::not_found(what),
            _ => Failure::failed(what),
        }
    };
    let mut file = File::open(path).map_err(failed)?;
    let sealed = encrypted(&mut file).map_err(failed)?;
    let passphrase = passphrase_file.map(passphrase::read).transpose()?;
    let counted = Counted {
        file,
        count: 0,
        done,
    };
    let file = BufReader::with_capacity(BUFFER_BYTES, counted);
    match (sealed, passphrase) {
        (true, Some(passphrase)) => Ok(Box::new(
            Opener::new(file, passphrase.expose()).map_err(|error| refused(path, &error))?,
        )),
        (true, None) => Err(refused(path, &ArchiveError::PassphraseNeeded)),
        (false, given) => {
            if given.is_some() {
                note("This backup is not encrypted; the passphrase is not needed.");
            }
            Ok(Box::new(file))
        }
    }
}

/// Why a backup can't be used.
pub(super) fn refused(path: &Path, error: &ArchiveError) -> Failure {
    let what = format!("{}: {error}", path.display());
    match error {
        ArchiveError::PassphraseNeeded => Failure::usage(what),
        _ => Failure::failed(what),
    }
}

struct Counted<D> {
    file: File,
    count: u64,
    done: D,
}

impl<D: FnMut(u64)> Read for Counted<D> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(out)?;
        self.count += count as u64;
        (self.done)(self.count);
        Ok(count)
    }
}
