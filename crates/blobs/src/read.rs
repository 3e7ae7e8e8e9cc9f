// SPDX-License-Identifier: Apache-2.0
//! Reading an object, whole or a range.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;

/// Reads the file, or what of `range` lies inside it.
pub(crate) fn get(path: &Path, range: Option<Range<u64>>) -> Result<Bytes> {
    let mut file = File::open(path)?;
    let size = length(&file)?;
    let range = range.unwrap_or(0..size);
    let (start, end) = (range.start.min(size), range.end.min(size));
    let wanted = end.saturating_sub(start);
    if start > 0 {
        file.seek(SeekFrom::Start(start))?;
    }
    let mut bytes = Vec::with_capacity(usize::try_from(wanted).map_err(Error::other)?);
    file.take(wanted).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != wanted {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes.into())
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
