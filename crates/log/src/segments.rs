// SPDX-License-Identifier: Apache-2.0
//! Which segments there are, and in which one an offset lies.

use std::collections::VecDeque;

use parking_lot::Mutex;

use crate::format::HEADER_BYTES;
use crate::summary::Summary;

/// A segment that nothing is added to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Offset of its first record; also its name.
    pub(crate) first: u64,
    /// Where the one before ended; offsets from there to `first` were never given out.
    pub(crate) follows: u64,
    /// Offset behind its last record.
    pub(crate) end: u64,
    pub(crate) summary: Summary,
}

impl Segment {
    /// Bytes of its file, about.
    pub(crate) fn bytes(&self) -> u64 {
        self.end - self.first + HEADER_BYTES as u64
    }
}

/// The segment that the writer adds to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Newest {
    pub(crate) first: u64,
    pub(crate) follows: u64,
}

/// Where an offset lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a segment that nothing is added to.
    Sealed(Segment),
    /// In the newest segment, which begins there.
    Newest(u64),
    /// Before the segment that begins at `to`.
    Gap {
        to: u64,
        /// Where what may be missing ends.
        follows: u64,
        /// Whether nothing lies before.
        at_start: bool,
    },
}

/// All segments, oldest first. Each end is at most the next one's `follows`.
#[derive(Debug)]
pub(crate) struct Segments(Mutex<List>);

#[derive(Debug)]
struct List {
    sealed: VecDeque<Segment>,
    newest: Newest,
}

impl Segments {
    pub(crate) fn new(sealed: Vec<Segment>, newest: Newest) -> Self {
        Self(Mutex::new(List {
            sealed: sealed.into(),
            newest,
        }))
    }

    /// The writer goes on in `newest`; what it wrote before is `sealed`.
    pub(crate) fn rotate(&self, sealed: Segment, newest: Newest) {
        let mut list = self.0.lock();
        list.sealed.push_back(sealed);
        list.newest = newest;
    }

    /// The segment that the writer adds to.
    pub(crate) fn newest(&self) -> Newest {
        self.0.lock().newest
    }

    /// Where `offset` lies.
    pub(crate) fn locate(&self, offset: u64) -> Place {
        let list = self.0.lock();
        let index = list.sealed.partition_point(|segment| segment.end <= offset);
        let (first, follows) = match list.sealed.get(index) {
            Some(segment) if segment.first <= offset => return Place::Sealed(segment.clone()),
            Some(segment) => (segment.first, segment.follows),
            None if list.newest.first <= offset => return Place::Newest(list.newest.first),
            None => (list.newest.first, list.newest.follows),
        };
        Place::Gap {
            to: first,
            follows,
            at_start: index == 0,
        }
    }

    /// All of one moment: those that nothing is added to, and the newest.
    pub(crate) fn all(&self) -> (Vec<Segment>, Newest) {
        let list = self.0.lock();
        (list.sealed.iter().cloned().collect(), list.newest)
    }

    /// The first sealed one that begins at or after `offset`.
    pub(crate) fn sealed_from(&self, offset: u64) -> Option<Segment> {
        let list = self.0.lock();
        let index = list
            .sealed
            .partition_point(|segment| segment.first < offset);
        list.sealed.get(index).cloned()
    }

    /// How many there are, and the bytes of those that nothing is added to.
    pub(crate) fn count_and_bytes(&self) -> (u64, u64) {
        let list = self.0.lock();
        let bytes = list.sealed.iter().map(Segment::bytes).sum();
        (list.sealed.len() as u64 + 1, bytes)
    }

    /// The oldest segments as long as `may_go` says so, and the offset of what is left without
    /// them; the newest always stays.
    pub(crate) fn oldest(&self, may_go: impl Fn(&Segment) -> bool) -> (Vec<Segment>, u64) {
        let list = self.0.lock();
        let going: Vec<_> = list
            .sealed
            .iter()
            .take_while(|segment| may_go(segment))
            .cloned()
            .collect();
        let rest = list.sealed.get(going.len());
        let floor = rest.map_or(list.newest.first, |segment| segment.first);
        (going, floor)
    }

    /// Forgets what lies below `floor`.
    pub(crate) fn forget_below(&self, floor: u64) {
        let mut list = self.0.lock();
        while list.sealed.front().is_some_and(|s| s.end <= floor) {
            list.sealed.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(follows: u64, first: u64, end: u64) -> Segment {
        let summary = Summary::default();
        Segment {
            first,
            follows,
            end,
            summary,
        }
    }

    #[test]
    fn each_offset_has_its_place() {
        let sealed = vec![segment(5, 10, 20), segment(20, 20, 30)];
        let newest = Newest {
            first: 100,
            follows: 40,
        };
        let segments = Segments::new(sealed, newest);
        let gap = |to, follows, at_start| Place::Gap {
            to,
            follows,
            at_start,
        };
        assert_eq!(segments.locate(0), gap(10, 5, true));
        assert_eq!(segments.locate(10), Place::Sealed(segment(5, 10, 20)));
        assert_eq!(segments.locate(20), Place::Sealed(segment(20, 20, 30)));
        assert_eq!(segments.locate(30), gap(100, 40, false));
        assert_eq!(segments.locate(100), Place::Newest(100));
        let (going, floor) = segments.oldest(|segment| segment.first < 20);
        assert_eq!((going.len(), floor), (1, 20));
        let (going, floor) = segments.oldest(|_| true);
        assert_eq!((going.len(), floor), (2, 100));
        segments.forget_below(floor);
        assert_eq!(segments.locate(0), gap(100, 40, true));
    }
}
