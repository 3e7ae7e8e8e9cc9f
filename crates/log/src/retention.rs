// SPDX-License-Identifier: Apache-2.0
//! Freeing space: whole segments, oldest first, once nobody needs them or a limit says so.

use std::io::Result;
use std::sync::atomic::Ordering;

use crate::folder;
use crate::log::Shared;

/// Deletes the segments that may go. What is deleted is written down first; the writer and readers
/// do not wait for that.
pub(crate) fn collect(shared: &Shared) -> Result<()> {
    // Held until the files are gone: once the log is closed, its folder may be somebody else's.
    let open = shared.deleting.read();
    if !*open {
        return Ok(());
    }
    let mut trims = shared.trims.lock();
    if shared.holders.load(Ordering::Acquire) > 0 {
        // Somebody copies the log; the next call after that frees what this one would.
        return Ok(());
    }
    let (end, now) = (shared.durable.end(), shared.clock.now().0);
    let may_go = |segment: &_| trims.may_go(segment, &shared.settings, end, now);
    let (going, floor) = shared.segments.oldest(may_go);
    if going.is_empty() {
        return Ok(());
    }
    let mut after = trims.clone();
    after.note_deleted(&going, floor);
    after.store(&shared.dir, shared.life.epoch)?;
    *trims = after;
    shared.segments.forget_below(floor);
    drop(trims);
    for segment in going {
        std::fs::remove_file(shared.dir.join(folder::segment_name(segment.first)))?;
    }
    Ok(())
}
