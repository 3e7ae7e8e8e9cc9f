// SPDX-License-Identifier: Apache-2.0
//! What is in a stretch of the log: how far each stream reaches, and when the last record was.

use std::collections::BTreeMap;

use hw_kernel::record::batch::Envelope;

/// Streams and time of some records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    /// How many records.
    pub(crate) records: u64,
    /// The greatest time of a record, microseconds.
    pub(crate) last_time: i64,
    /// For each stream the offset behind its last record.
    pub(crate) streams: BTreeMap<u16, u64>,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            records: 0,
            last_time: i64::MIN,
            streams: BTreeMap::new(),
        }
    }
}

impl Summary {
    /// Takes note of a record that ends at offset `end`.
    pub(crate) fn note(&mut self, envelope: &Envelope, end: u64) {
        self.records += 1;
        self.last_time = self.last_time.max(envelope.time.0);
        self.streams.insert(envelope.stream.0, end);
    }

    /// Takes note of what comes behind.
    pub(crate) fn extend(&mut self, later: &Summary) {
        self.records += later.records;
        self.last_time = self.last_time.max(later.last_time);
        self.streams.extend(&later.streams);
    }
}
