// SPDX-License-Identifier: Apache-2.0
//! A folder that was put together from a copy, before it is opened: cut at an earlier position, and
//! moved on so that its new offsets are not those that the log it was copied from gives out.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

use hw_kernel::port::position::{Partition, Position};

use crate::durable::PARTITION;
use crate::error::OpenError;
use crate::folder;
use crate::format::{HEADER_BYTES, Header, Seal};
use crate::image::{Found, Image};
use crate::lenient;
use crate::recovery::{Recovered, recover, scan_as};
use crate::segments::Segment;
use crate::summary::Summary;

/// How far beyond its end a restored log goes on, in bytes. Whoever has read what the first log
/// wrote after the copy does not mistake what the second writes for it.
pub const JUMP_BYTES: u64 = 1 << 40;

/// Why a log can't be cut there.
#[derive(Debug, thiserror::Error)]
pub enum CutError {
    /// No record of this log ends there.
    #[error("no record of this log ends at {0}: it is of another server, or was let go")]
    NotHere(Position),
    /// The folder can't be read.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// Removes every record behind `position`: those behind the furthest offset that it names. Refuses
/// one inside of a record, before the first or behind the last.
pub fn cut(dir: &Path, position: &Position) -> Result<(), CutError> {
    let found = recover(dir)?;
    let not_here = || CutError::NotHere(position.clone());
    let is_ours = |partition: &Partition| partition.epoch == found.life.epoch;
    if !position.0.keys().all(is_ours) {
        return Err(not_here());
    }
    let to = position.0.values().copied().max().ok_or_else(not_here)?;
    let begins = found.segments.first().map_or(0, |segment| segment.first);
    if to < begins || to > found.newest.first {
        return Err(not_here());
    }
    // A reader that has passed the end of a segment may stand anywhere before the next one.
    let inside = |segment: &&Segment| segment.first < to && to < segment.end;
    if let Some(last) = found.segments.iter().find(inside) {
        let mut is_border = false;
        walk(dir, &found, last, &mut |_, end, _| {
            is_border |= end == to;
            ControlFlow::Continue(())
        })?;
        if !is_border {
            return Err(not_here());
        }
        shorten(dir, last, to)?;
    }
    let later = found.segments.iter().filter(|segment| segment.first >= to);
    for first in later.map(|segment| segment.first).chain(found.empty) {
        let path = dir.join(folder::segment_name(first));
        std::fs::remove_file(&path).map_err(OpenError::at(path))?;
    }
    // What was cut off is no damage.
    crate::closed::take(dir, found.life.epoch).map_err(OpenError::at(dir))?;
    folder::sync(dir).map_err(OpenError::at(dir))?;
    Ok(())
}

/// The end of the records before the first one that is later than `time_us`.
pub fn position_at(dir: &Path, time_us: i64) -> Result<Position, CutError> {
    let found = recover(dir)?;
    let mut streams = BTreeMap::new();
    for segment in &found.segments {
        let went_on = walk(dir, &found, segment, &mut |stream, end, time| {
            if time > time_us {
                return ControlFlow::Break(());
            }
            streams.insert(stream, end);
            ControlFlow::Continue(())
        })?;
        if !went_on {
            break;
        }
    }
    let epoch = found.life.epoch;
    let at = |(stream, offset)| {
        let partition = Partition {
            stream,
            partition: PARTITION,
            epoch,
        };
        (partition, offset)
    };
    Ok(Position(streams.into_iter().map(at).collect()))
}

/// Makes the log go on [`JUMP_BYTES`] behind its end.
pub fn move_on(dir: &Path) -> Result<(), OpenError> {
    let found = recover(dir)?;
    let end = found.segments.last().map_or(0, |segment| segment.end);
    let first = found.newest.first.max(end) + JUMP_BYTES;
    let header = Header {
        life: found.life,
        first,
        follows: end,
    };
    let seal = Seal {
        first,
        end: first,
        summary: Summary::default(),
    };
    let file = [&header.encode()[..], &seal.encode(found.life.salt)].concat();
    let name = folder::segment_name(first);
    folder::replace(dir, &name, &file).map_err(OpenError::at(dir.join(name)))?;
    if let Some(empty) = found.empty {
        let path = dir.join(folder::segment_name(empty));
        std::fs::remove_file(&path).map_err(OpenError::at(path))?;
    }
    Ok(())
}

/// Calls `each` with stream, end and time of every record of a segment until it breaks; says
/// whether it never did.
fn walk(
    dir: &Path,
    found: &Recovered,
    segment: &Segment,
    each: &mut dyn FnMut(u16, u64, i64) -> ControlFlow<()>,
) -> Result<bool, OpenError> {
    let path = dir.join(folder::segment_name(segment.first));
    let read = || {
        let file = File::open(&path)?;
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        lenient::read_at(&file, 0, length)
    };
    let bytes = read().map_err(OpenError::at(&path))?;
    let scan = scan_as(&bytes, found.life, segment.first);
    let image = Image {
        bytes: &bytes,
        base: segment.first.wrapping_sub(HEADER_BYTES as u64),
        salt: found.life.salt,
    };
    for run in &scan.good {
        let mut at = run.start;
        while at < run.end
            && let Found::Record(envelope, length) = image.look(at)
        {
            at += length;
            let end = image.offset(at);
            if each(envelope.stream.0, end, envelope.time.0).is_break() {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Leaves of a segment what is before `to`; without its seal it is scanned when it is opened.
fn shorten(dir: &Path, segment: &Segment, to: u64) -> Result<(), OpenError> {
    let path = dir.join(folder::segment_name(segment.first));
    let shorten = || {
        let file = File::options().write(true).open(&path)?;
        file.set_len(HEADER_BYTES as u64 + (to - segment.first))?;
        file.sync_all()
    };
    shorten().map_err(OpenError::at(&path))
}
