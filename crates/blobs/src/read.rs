// SPDX-License-Identifier: Apache-2.0
//! Reading an object, whole or a range, and checking what was read.

use std::fs::File;
use std::io::{Error, ErrorKind};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use bytes::Bytes;
use hw_kernel::port::blobs::BlobError;

use crate::{error, sums};

type Result<T, E = Error> = std::result::Result<T, E>;

/// Reads the file, or what of `range` lies inside it, and checks it.
pub(crate) fn get(key: &str, path: &Path, range: Option<Range<u64>>) -> Result<Bytes, BlobError> {
    let failed = |cause| error::store(key, cause);
    let (file, size, range) = open(path, range).map_err(failed)?;
    let damaged = |detail: String| BlobError::Damaged {
        key: key.to_owned(),
        detail,
    };
    let Some(sums) = sums::of(&file).map_err(|cause| damaged(cause.to_string()))? else {
        return read(&file, &range).map(Bytes::from).map_err(failed);
    };
    if sums.size() != size {
        let stored = sums.size();
        return Err(damaged(format!("it has {size} bytes instead of {stored}")));
    }
    let around = sums.around(&range);
    let bytes = Bytes::from(read(&file, &around).map_err(failed)?);
    match sums.damage(around.start, &bytes) {
        None => {
            let from = (range.start - around.start) as usize;
            Ok(bytes.slice(from..from + (range.end - range.start) as usize))
        }
        Some(bad) => Err(damaged(format!(
            "bytes {} to {} are not what was stored",
            bad.start, bad.end
        ))),
    }
}

/// The same, unchecked.
pub(crate) fn get_unchecked(
    key: &str,
    path: &Path,
    range: Option<Range<u64>>,
) -> Result<Bytes, BlobError> {
    let failed = |cause| error::store(key, cause);
    let (file, _, range) = open(path, range).map_err(failed)?;
    read(&file, &range).map(Bytes::from).map_err(failed)
}

/// The checksums of a file as they lie there; empty if they can't be read.
pub(crate) fn checksums(key: &str, path: &Path) -> Result<Bytes, BlobError> {
    let file = File::open(path).map_err(|cause| error::store(key, cause))?;
    Ok(sums::as_they_are(&file).into())
}

/// The file, its size, and what of `range` lies inside it.
fn open(path: &Path, range: Option<Range<u64>>) -> Result<(File, u64, Range<u64>)> {
    let file = File::open(path)?;
    let size = length(&file)?;
    let range = range.unwrap_or(0..size);
    let start = range.start.min(size);
    Ok((file, size, start..range.end.min(size).max(start)))
}

fn read(file: &File, range: &Range<u64>) -> Result<Vec<u8>> {
    let wanted = usize::try_from(range.end - range.start).map_err(Error::other)?;
    let mut bytes = vec![0; wanted];
    file.read_exact_at(&mut bytes, range.start)?;
    Ok(bytes)
}

/// The file's size in bytes.
pub(crate) fn size(path: &Path) -> Result<u64> {
    length(&File::open(path)?)
}

fn length(file: &File) -> Result<u64> {
    let about = file.metadata()?;
    if about.is_file() {
        Ok(about.len())
    } else {
        Err(ErrorKind::NotFound.into())
    }
}
