// SPDX-License-Identifier: Apache-2.0
//! The log as files that can be copied while it is written: segments are only added to at their
//! end, so what lies before the durable end never changes.

use std::io::{ErrorKind, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hw_kernel::port::hold::Hold;
use hw_kernel::port::log::{LogContent, LogCopy, LogFile};

use crate::format::HEADER_BYTES;
use crate::log::Shared;
use crate::{folder, life, trims};

struct Holder(Arc<AtomicUsize>);

impl Drop for Holder {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Nothing is freed until the hold is dropped. What is let go meanwhile stays in the list too: a
/// copy goes with tables that were copied before they let it go.
pub(crate) fn hold(shared: &Shared) -> Hold {
    // Whoever frees space at this moment does it under this lock.
    let _trims = shared.trims.lock();
    shared.holders.fetch_add(1, Ordering::AcqRel);
    Hold::new(Holder(Arc::clone(&shared.holders)))
}

/// All that is durable now. Damaged files that were put aside stay behind.
pub(crate) fn copy(shared: &Shared) -> Result<LogCopy> {
    let mut files = Vec::new();
    for name in [life::FILE, trims::FILE] {
        match std::fs::read(shared.dir.join(name)) {
            Ok(bytes) => files.push(LogFile {
                name: name.to_owned(),
                content: LogContent::Bytes(bytes),
            }),
            Err(gone) if gone.kind() == ErrorKind::NotFound => {}
            Err(other) => return Err(other),
        }
    }
    // In this order: a segment that is begun after the first look holds nothing up to `end`.
    let (end, position) = shared.durable.end_and_position();
    let (sealed, newest) = shared.segments.all();
    let mut add = |first: u64, reaches: u64| -> Result<()> {
        let name = folder::segment_name(first);
        let path = shared.dir.join(&name);
        let bytes = match reaches <= end {
            // Seal and all.
            true => std::fs::metadata(&path)?.len(),
            false => HEADER_BYTES as u64 + (end - first),
        };
        let content = LogContent::Head { path, bytes };
        files.push(LogFile { name, content });
        Ok(())
    };
    for segment in sealed.iter().filter(|segment| segment.first < end) {
        add(segment.first, segment.end)?;
    }
    if newest.first < end {
        add(newest.first, u64::MAX)?;
    }
    Ok(LogCopy { position, files })
}
