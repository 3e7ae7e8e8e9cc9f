// SPDX-License-Identifier: Apache-2.0
//! Reading: finds the place, passes over what is not wanted, checks every record, and says what
//! can't be had.

mod gap;
mod stretch;

use std::ops::ControlFlow;

use hw_kernel::port::log::{LogError, Loss, Read, Stream};
use hw_kernel::port::position::{Partition, Position};

use crate::log::Shared;
use crate::segments::Place;
use crate::summary::Summary;
use stretch::Stretch;

/// One read on its way.
struct Reading<'a> {
    shared: &'a Shared,
    /// The wanted streams, and behind which offset.
    wanted: Vec<(u16, u64)>,
    bytes_max: usize,
    read: Read,
}

/// `Break` when what was read is enough.
type Step = ControlFlow<()>;

/// Reads durable records of `streams` after `after`.
pub(crate) fn read(
    shared: &Shared,
    streams: &[Stream],
    after: &Position,
    bytes_max: usize,
) -> Result<Read, LogError> {
    let end = shared.durable.end();
    let mut reading = Reading {
        shared,
        wanted: Vec::with_capacity(streams.len()),
        bytes_max,
        read: Read {
            next: after.clone(),
            ..Read::default()
        },
    };
    streams
        .iter()
        .for_each(|stream| reading.want(*stream, after, end));
    let starts = reading.wanted.iter().map(|(_, offset)| *offset);
    let mut at = starts.min().unwrap_or(end);
    while at < end {
        if reading.step(&mut at, end)?.is_break() {
            break;
        }
    }
    reading.finish(at);
    Ok(reading.read)
}

impl Reading<'_> {
    /// Notes where a stream's reader stands.
    fn want(&mut self, stream: Stream, after: &Position, end: u64) {
        let here = self.shared.durable.partition(stream.0);
        let mut offset = after.0.get(&here).copied().unwrap_or_default();
        let is_of_another_life =
            |there: &Partition| there.stream == here.stream && there.epoch != here.epoch;
        if !after.0.contains_key(&here) && after.0.keys().any(is_of_another_life) {
            self.lose("the log was begun anew since this position was read", 0);
        }
        self.read
            .next
            .0
            .retain(|there, _| !is_of_another_life(there));
        if offset > end {
            self.lose("the log ends before this position: its end was lost", 0);
            offset = end;
            self.read.next.0.insert(here, end);
        }
        self.wanted.push((stream.0, offset));
    }

    fn step(&mut self, at: &mut u64, end: u64) -> Result<Step, LogError> {
        let stretch = match self.shared.segments.locate(*at) {
            Place::Gap {
                to,
                follows,
                at_start,
            } => return Ok(self.pass_gap(at, to.min(end), follows, at_start)),
            Place::Sealed(segment) if !self.wants_any(&segment.summary) => {
                *at = segment.end;
                return Ok(Step::Continue(()));
            }
            Place::Sealed(segment) => Stretch {
                first: segment.first,
                end: segment.end.min(end),
            },
            Place::Newest(first) => Stretch { first, end },
        };
        self.read_stretch(&stretch, at)
    }

    fn wants_any(&self, summary: &Summary) -> bool {
        self.wanted
            .iter()
            .any(|(stream, after)| summary.streams.get(stream).is_some_and(|last| last > after))
    }

    /// Whether the record of `stream` that ends at `end` is wanted.
    fn wants(&self, stream: u16, end: u64) -> bool {
        let is_it = |(wanted, after): &(u16, u64)| *wanted == stream && end > *after;
        self.wanted.iter().any(is_it)
    }

    fn lose(&mut self, cause: &str, bytes: u64) {
        let cause = cause.to_owned();
        let loss = Loss { cause, bytes };
        if self.read.lost.last() != Some(&loss) || bytes > 0 {
            self.read.lost.push(loss);
        }
    }

    /// Everything before `at` was read or passed over.
    fn finish(&mut self, at: u64) {
        for (stream, after) in &self.wanted {
            let reached = at.max(*after);
            if reached > 0 {
                let partition = self.shared.durable.partition(*stream);
                self.read.next.0.insert(partition, reached);
            }
        }
    }
}
