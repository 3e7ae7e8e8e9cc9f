// SPDX-License-Identifier: Apache-2.0
//! Which records are gone for good: those their readers let go, and those a limit took from them.
//!
//! Written when segments are deleted, so that a reader who comes too late is told.
//!
//! ```text
//! v1 EPOCH FLOOR                  offsets below FLOOR were deleted
//! STREAM TRIMMED DROPPED          a line for each stream
//! end CRC32C                      in hexadecimal, of all before
//! ```

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::Result;
use std::path::Path;

use crate::folder;
use crate::segments::Segment;
use crate::settings::Settings;

pub(crate) const FILE: &str = "trims";

/// A stream's part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Trim {
    /// Its reader needs nothing up to here.
    pub(crate) trimmed: u64,
    /// Up to here records were deleted that its reader had not let go.
    pub(crate) dropped: u64,
}

/// What was let go and what was deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Trims {
    /// Offsets below were deleted.
    pub(crate) floor: u64,
    pub(crate) streams: BTreeMap<u16, Trim>,
}

impl Trims {
    /// Reads the file; one that is damaged or of another storage counts as none.
    pub(crate) fn load(dir: &Path, epoch: u32) -> Self {
        let text = std::fs::read_to_string(dir.join(FILE)).unwrap_or_default();
        let trims = Self::parse(&text, epoch);
        if trims.is_none() && !text.is_empty() {
            tracing::warn!("the log's list of deleted offsets is damaged and begins anew");
        }
        trims.unwrap_or_default()
    }

    fn parse(text: &str, epoch: u32) -> Option<Self> {
        let (covered, checksum) = text.strip_suffix('\n')?.rsplit_once("end ")?;
        if checksum != format!("{:08x}", crc32c::crc32c(covered.as_bytes())) {
            return None;
        }
        let mut lines = covered.lines();
        let (of, floor) = lines.next()?.strip_prefix("v1 ")?.split_once(' ')?;
        let mut trims = Self {
            floor: floor.parse().ok()?,
            streams: BTreeMap::new(),
        };
        for line in lines {
            let mut numbers = line.split(' ').map(str::parse::<u64>);
            let mut number = || numbers.next()?.ok();
            let stream = u16::try_from(number()?).ok()?;
            let (trimmed, dropped) = (number()?, number()?);
            trims.streams.insert(stream, Trim { trimmed, dropped });
        }
        let is_ours = of.parse() == Ok(epoch);
        Some(if is_ours { trims } else { Self::default() })
    }

    fn text(&self, epoch: u32) -> String {
        let mut text = format!("v1 {epoch} {}\n", self.floor);
        for (stream, Trim { trimmed, dropped }) in &self.streams {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{stream} {trimmed} {dropped}");
        }
        let checksum = crc32c::crc32c(text.as_bytes());
        text + &format!("end {checksum:08x}\n")
    }

    /// Makes it safe.
    pub(crate) fn store(&self, dir: &Path, epoch: u32) -> Result<()> {
        folder::replace(dir, FILE, self.text(epoch).as_bytes()).map(|_| ())
    }

    /// A stream's reader needs nothing up to `offset`.
    pub(crate) fn let_go(&mut self, stream: u16, offset: u64) {
        let trim = self.streams.entry(stream).or_default();
        trim.trimmed = trim.trimmed.max(offset);
    }

    /// Whether a segment waits for nobody. `end` is the log's end, `now` in microseconds.
    pub(crate) fn may_go(
        &self,
        segment: &Segment,
        settings: &Settings,
        end: u64,
        now: i64,
    ) -> bool {
        segment.summary.streams.iter().all(|(stream, last)| {
            let class = settings.class(*stream);
            let trimmed = self.streams.get(stream).is_some_and(|t| t.trimmed >= *last);
            let behind = end.saturating_sub(segment.end);
            let age = now.saturating_sub(segment.summary.last_time);
            let age_max = class.age_max.map(|age| age.as_micros());
            trimmed
                || !class.pins
                || class.bytes_max.is_some_and(|most| behind > most)
                || age_max.is_some_and(|most| u128::try_from(age).is_ok_and(|age| age > most))
        })
    }

    /// Takes note that `segments` go, and that nothing is left below `floor`.
    pub(crate) fn note_deleted(&mut self, segments: &[Segment], floor: u64) {
        self.floor = self.floor.max(floor);
        for (stream, last) in segments.iter().flat_map(|s| &s.summary.streams) {
            let trim = self.streams.entry(*stream).or_default();
            if trim.trimmed < *last {
                trim.dropped = trim.dropped.max(*last);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_and_damage_counts_as_none() {
        let mut trims = Trims {
            floor: 77,
            ..Trims::default()
        };
        trims.let_go(1, 50);
        trims.streams.entry(2).or_default().dropped = 9;
        let text = trims.text(5);
        assert_eq!(Trims::parse(&text, 5), Some(trims));
        assert_eq!(Trims::parse(&text, 6), Some(Trims::default()));
        for cut in 0..text.len() {
            assert_eq!(Trims::parse(&text[..cut], 5), None, "{cut}");
        }
        assert_eq!(Trims::parse(&text.replace("77", "78"), 5), None);
    }
}
