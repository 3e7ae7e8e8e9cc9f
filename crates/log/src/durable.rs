// SPDX-License-Identifier: Apache-2.0
//! How far the log is durable, and waking those who wait for more.

use std::collections::BTreeMap;

use hw_kernel::port::position::{Partition, Position};
use tokio::sync::watch;

use crate::summary::Summary;

/// The one writer's number.
pub(crate) const PARTITION: u16 = 0;

/// How far the log is durable.
#[derive(Debug)]
pub(crate) struct Durable {
    epoch: u32,
    state: watch::Sender<State>,
}

#[derive(Debug)]
struct State {
    /// Offset behind the last durable record.
    end: u64,
    /// The same for each stream.
    streams: BTreeMap<u16, u64>,
    is_closed: bool,
}

impl Durable {
    pub(crate) fn new(epoch: u32, end: u64, streams: BTreeMap<u16, u64>) -> Self {
        let state = State {
            end,
            streams,
            is_closed: false,
        };
        Self {
            epoch,
            state: watch::channel(state).0,
        }
    }

    /// Offset behind the last durable record.
    pub(crate) fn end(&self) -> u64 {
        self.state.borrow().end
    }

    /// Offset behind the last record of any stream.
    pub(crate) fn last(&self) -> u64 {
        let state = self.state.borrow();
        state.streams.values().copied().max().unwrap_or_default()
    }

    /// Records up to `end` are durable now.
    pub(crate) fn advance(&self, end: u64, added: &Summary) {
        self.state.send_modify(|state| {
            state.end = end;
            state.streams.extend(&added.streams);
        });
    }

    /// Nothing more will come.
    pub(crate) fn close(&self) {
        self.state.send_modify(|state| state.is_closed = true);
    }

    /// Offset behind the last durable record, and the same for each stream, of one moment.
    pub(crate) fn end_and_position(&self) -> (u64, Position) {
        let state = self.state.borrow();
        (state.end, self.at(&state.streams))
    }

    /// The end of each stream.
    pub(crate) fn position(&self) -> Position {
        self.at(&self.state.borrow().streams)
    }

    /// The position of `streams` at their offsets.
    pub(crate) fn at(&self, streams: &BTreeMap<u16, u64>) -> Position {
        let pairs = streams.iter();
        Position(
            pairs
                .map(|(s, offset)| (self.partition(*s), *offset))
                .collect(),
        )
    }

    /// A stream's part of a position.
    pub(crate) fn partition(&self, stream: u16) -> Partition {
        Partition {
            stream,
            partition: PARTITION,
            epoch: self.epoch,
        }
    }

    /// Resolves when a stream that `after` names has more than that; any stream, if it names none.
    pub(crate) async fn wait(&self, after: &Position) {
        let named: BTreeMap<u16, u64> = after
            .0
            .keys()
            .map(|p| (p.stream, after.0.get(&self.partition(p.stream))))
            .map(|(stream, offset)| (stream, offset.copied().unwrap_or_default()))
            .collect();
        let has_more = |state: &State| match named.is_empty() {
            true => !state.streams.is_empty(),
            false => named
                .iter()
                .any(|(stream, seen)| state.streams.get(stream).is_some_and(|end| end > seen)),
        };
        let mut state = self.state.subscribe();
        // The sender lives as long as this.
        let _ = state
            .wait_for(|state| state.is_closed || has_more(state))
            .await;
    }
}
