// SPDX-License-Identifier: Apache-2.0
//! Storing an object: written aside and synced, then given its name in one step, then the folder
//! synced. A crash leaves the old object, the new one, or a file that the next start sweeps.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;

use hw_kernel::port::blobs::{BlobError, Put};

use crate::folders::{Folders, sync};
use crate::{error, sums};

/// Stores `bytes` at `target`, by way of the new file `aside` on the same file system.
pub(crate) fn put(
    folders: &Folders,
    key: &str,
    (aside, target): (&Path, &Path),
    bytes: &[u8],
    how: Put,
) -> Result<(), BlobError> {
    let written = write(aside, bytes)
        .and_then(|()| {
            target
                .parent()
                .map_or(Ok(()), |folder| folders.ensure(folder))
        })
        .map_err(|cause| error::write(key, cause))
        .and_then(|()| name(key, aside, target, how));
    if !matches!((&written, how), (Ok(()), Put::Replace)) {
        // What stays behind is only room; the next start sweeps it.
        let _ = std::fs::remove_file(aside);
    }
    written?;
    let folder = target.parent().unwrap_or(target);
    sync(folder).map_err(|cause| error::write(key, cause))
}

fn write(aside: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create_new(aside)?;
    file.write_all(bytes)?;
    sums::attach(&file, bytes)?;
    file.sync_all()
}

/// A link never overwrites; a rename always does.
fn name(key: &str, aside: &Path, target: &Path, how: Put) -> Result<(), BlobError> {
    match how {
        Put::IfAbsent => std::fs::hard_link(aside, target),
        Put::Replace => std::fs::rename(aside, target),
    }
    .map_err(|cause| match cause.kind() {
        ErrorKind::AlreadyExists => BlobError::Exists(key.to_owned()),
        _ => error::write(key, cause),
    })
}
