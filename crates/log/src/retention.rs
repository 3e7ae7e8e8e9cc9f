// SPDX-License-Identifier: Apache-2.0
//! Freeing space: whole segments, oldest first, once nobody needs them or a limit says so.

use std::io::Result;

use crate::folder;
use crate::log::Shared;

/// Deletes the segments that may go. What is deleted is written down first.
pub(crate) fn collect(shared: &Shared) -> Result<()> {
    let mut trims = shared.trims.lock();
    let (end, now) = (shared.durable.end(), shared.clock.now().0);
    let going = shared.segments.take_oldest(
        |segment| trims.may_go(segment, &shared.settings, end, now),
        |going, floor| {
            let mut after = trims.clone();
            after.note_deleted(going, floor);
            after.store(&shared.dir, shared.life.epoch)?;
            Ok::<_, std::io::Error>(after)
        },
    )?;
    let Some((going, after)) = going else {
        return Ok(());
    };
    *trims = after;
    drop(trims);
    for segment in going {
        std::fs::remove_file(shared.dir.join(folder::segment_name(segment.first)))?;
    }
    Ok(())
}
