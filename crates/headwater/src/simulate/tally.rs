// SPDX-License-Identifier: Apache-2.0
//! What a fleet has done so far, counted without locks, and what of it deserves a word at once.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use time::PrimitiveDateTime;

/// Counters of a fleet.
#[derive(Debug, Default)]
pub struct Tally {
    connected: AtomicU64,
    sent: AtomicU64,
    acknowledged: AtomicU64,
    connections_lost: AtomicU64,
    device_time_s: AtomicI64,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Meters connected now.
    pub connected: u64,
    /// Readings handed to the server, each counted once.
    pub sent: u64,
    /// Readings that the server has acknowledged.
    pub acknowledged: u64,
    /// Connections that failed or broke.
    pub connections_lost: u64,
    /// The latest time by the devices' clocks.
    pub device_time: Option<PrimitiveDateTime>,
}

/// Something that happened to one meter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// It is connected, and accepted.
    Connected {
        /// Its number.
        meter: String,
    },
    /// It is not connected any more, or could not connect.
    Lost {
        /// Its number.
        meter: String,
        /// Why.
        cause: String,
        /// When it tries again.
        retry_in: Duration,
    },
}

impl Tally {
    pub(super) fn connected(&self) {
        self.connected.fetch_add(1, Relaxed);
    }

    pub(super) fn disconnected(&self) {
        self.connected.fetch_sub(1, Relaxed);
    }

    pub(super) fn lost(&self) {
        self.connections_lost.fetch_add(1, Relaxed);
    }

    pub(super) fn sent(&self, at: PrimitiveDateTime) {
        self.sent.fetch_add(1, Relaxed);
        self.device_time_s
            .fetch_max(at.as_utc().unix_timestamp(), Relaxed);
    }

    pub(super) fn acknowledged(&self) {
        self.acknowledged.fetch_add(1, Relaxed);
    }

    /// The counters now.
    pub fn counts(&self) -> Counts {
        let sent = self.sent.load(Relaxed);
        let latest = time::OffsetDateTime::from_unix_timestamp(self.device_time_s.load(Relaxed));
        let latest = latest.ok().filter(|_| sent > 0);
        Counts {
            connected: self.connected.load(Relaxed),
            sent,
            acknowledged: self.acknowledged.load(Relaxed),
            connections_lost: self.connections_lost.load(Relaxed),
            device_time: latest.map(|at| PrimitiveDateTime::new(at.date(), at.time())),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn counts_and_latest_time() {
        let tally = Tally::default();
        assert_eq!(tally.counts(), Counts::default());
        tally.connected();
        tally.sent(datetime!(2016-11-22 06:02:00));
        tally.sent(datetime!(2016-11-22 06:01:00));
        tally.acknowledged();
        let counts = tally.counts();
        assert_eq!(
            (counts.connected, counts.sent, counts.acknowledged),
            (1, 2, 1)
        );
        assert_eq!(counts.device_time, Some(datetime!(2016-11-22 06:02:00)));
    }
}
