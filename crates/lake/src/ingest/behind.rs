// SPDX-License-Identifier: Apache-2.0
//! Tables that have come further than the reader, after a start: a crash between two commits
//! leaves some of them ahead. What such a table has seen is not given to it again.

use std::collections::HashMap;

use hw_kernel::port::cursor::Cursor;
use hw_kernel::port::position::Position;
use hw_model::{AccountId, TraceId};

/// The cursors of tables that are ahead.
#[derive(Debug, Default)]
pub(super) struct Behind(HashMap<(AccountId, &'static str), Cursor>);

impl Behind {
    /// Tables by their committed cursors, for a reader that stands at `position`.
    pub fn of(cursors: Vec<(AccountId, &'static str, Cursor)>, position: &Position) -> Self {
        let keyed = cursors
            .into_iter()
            .map(|(account, table, cursor)| ((account, table), cursor));
        let mut behind = Self(keyed.collect());
        behind.pass(position);
        behind
    }

    /// Whether the table has the record's rows already.
    pub fn has_seen(&self, account: AccountId, table: &'static str, trace: TraceId) -> bool {
        // In steady state nobody is ahead, and nothing is looked up.
        !self.0.is_empty()
            && self
                .0
                .get(&(account, table))
                .is_some_and(|cursor| cursor.has_seen(trace.producer, trace.sequence))
    }

    /// Forgets the tables that the reader has caught up with.
    pub fn pass(&mut self, position: &Position) {
        self.0
            .retain(|_, cursor| !position.covers(&cursor.position));
    }
}
