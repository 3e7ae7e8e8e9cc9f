// SPDX-License-Identifier: Apache-2.0
//! Writing a backup: one file after the other, in pieces, with a checksum on the way.

use std::fs::File;
use std::io::{Read, Write};

use sha2::{Digest, Sha256};
use tokio::runtime::Handle;

use crate::about::{ABOUT, FileFacts, MANIFEST, Manifest, text};
use crate::error::BackupError;
use crate::freeze::{Content, Entry, Frozen};
use crate::objects;
use crate::tar::Writer;

/// Bytes that are read and written at once.
const PIECE_BYTES: usize = 256 << 10;

/// Bytes of an object that are asked for at once.
const RANGE_BYTES: u64 = 4 << 20;

/// Writes everything to `out`. Blocks; objects are read on `runtime`.
pub fn write(
    mut frozen: Frozen,
    out: impl Write,
    runtime: &Handle,
) -> Result<Manifest, BackupError> {
    let seconds = u64::try_from(frozen.about.recovery_point_us / 1_000_000).unwrap_or(0);
    let mut tar = Writer::new(out, seconds);
    let about = text(&frozen.about);
    tar.entry(ABOUT, &about).map_err(BackupError::Write)?;
    let mut files = Vec::with_capacity(frozen.entries.len());
    let mut entries = std::mem::take(&mut frozen.entries).into_iter().peekable();
    while let Some(entry) = entries.next() {
        let is_object = |entry: &Entry| entry.name.starts_with(objects::FOLDER);
        files.push(one(&frozen, &entry, &mut tar, runtime)?);
        if entries.peek().is_none_or(is_object) {
            // The log may free space again while the objects are copied, which can take long.
            frozen.log_hold = None;
        }
    }
    let about = frozen.about.clone();
    let manifest = Manifest { about, files };
    let said = text(&manifest);
    tar.entry(MANIFEST, &said)
        .and_then(|()| tar.finish())
        .map_err(BackupError::Write)?;
    Ok(manifest)
}

fn one<W: Write>(
    frozen: &Frozen,
    entry: &Entry,
    tar: &mut Writer<W>,
    runtime: &Handle,
) -> Result<FileFacts, BackupError> {
    let begun = tar.begin(&entry.name, entry.bytes);
    begun.map_err(BackupError::Write)?;
    let mut sum = Sha256::new();
    let mut damaged = None;
    let mut put = |bytes: &[u8]| {
        sum.update(bytes);
        tar.content(bytes).map_err(BackupError::Write)
    };
    match &entry.content {
        Content::Bytes(bytes, checksums) => {
            damaged.clone_from(checksums);
            put(bytes)?;
        }
        Content::File(path) => {
            let failed = |source| BackupError::File {
                name: entry.name.clone(),
                source,
            };
            let mut file = File::open(path).map_err(failed)?;
            let mut piece = vec![0; PIECE_BYTES];
            let mut left = entry.bytes;
            while left > 0 {
                let length = left.min(PIECE_BYTES as u64) as usize;
                match file.read(&mut piece[..length]).map_err(failed)? {
                    0 => return Err(BackupError::Changed(entry.name.clone())),
                    count => {
                        put(&piece[..count])?;
                        left -= count as u64;
                    }
                }
            }
        }
        Content::Object(key) => {
            let blobs = &*frozen.blobs;
            let (mut at, mut is_damaged) = (0, false);
            while at < entry.bytes {
                let to = entry.bytes.min(at + RANGE_BYTES);
                let read = objects::read(blobs, key, Some(at..to), frozen.damaged);
                let (bytes, is_bad) = runtime.block_on(read)?;
                is_damaged |= is_bad;
                if bytes.len() as u64 != to - at {
                    return Err(BackupError::Changed(entry.name.clone()));
                }
                put(&bytes)?;
                at = to;
            }
            if is_damaged {
                damaged = Some(runtime.block_on(objects::checksums(blobs, key))?);
            }
        }
    }
    tar.end().map_err(BackupError::Write)?;
    Ok(FileFacts {
        name: entry.name.clone(),
        bytes: entry.bytes,
        sha256: hex::encode(sum.finalize()),
        damaged,
    })
}
