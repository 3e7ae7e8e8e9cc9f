// SPDX-License-Identifier: Apache-2.0
//! When to commit: often enough that little waits, seldom enough that files are large and
//! metadata stays small.

use std::time::Duration;

use crate::table::Buffered;

/// The worker's limits.
#[derive(Debug, Clone)]
pub struct IngestLimits {
    /// How long a row waits for a commit at most.
    pub commit_interval: Duration,
    /// How long commits are apart at least, whatever waits, except after a flush.
    pub commit_spacing_min: Duration,
    /// Rows that ask for a commit before the interval is over.
    pub commit_rows: usize,
    /// Bytes of buffered rows that ask for a commit before the interval is over.
    pub commit_bytes: usize,
    /// Bytes of buffered rows at which a commit does not wait for anything, and reading waits for
    /// the commit: memory is bounded, and the Log keeps what comes.
    pub buffer_bytes_max: usize,
    /// Bytes of records read at a time.
    pub read_bytes_max: usize,
    /// How long two reads are apart at least unless much waits or somebody looks: fewer, larger
    /// batches, which cost far less each row. A row that comes after a pause is read at once.
    pub linger: Duration,
    /// How long to wait before trying again what has failed.
    pub retry_after: Duration,
    /// How often it is tried to read a table again that was put aside as damaged.
    pub heal_after: Duration,
    /// How long the last commit may take once the server is closing.
    pub closing_max: Duration,
}

impl Default for IngestLimits {
    fn default() -> Self {
        Self {
            commit_interval: Duration::from_secs(30),
            commit_spacing_min: Duration::from_secs(5),
            commit_rows: 1_000_000,
            commit_bytes: 32 << 20,
            buffer_bytes_max: 128 << 20,
            read_bytes_max: 1 << 20,
            linger: Duration::from_millis(100),
            retry_after: Duration::from_secs(1),
            heal_after: Duration::from_secs(60),
            closing_max: Duration::from_secs(3),
        }
    }
}

/// What the next commit waits for. Pure: monotonic time comes in as an argument.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When the oldest row came that waits.
    first: Option<Duration>,
    /// Before this no commit starts by itself.
    not_before: Duration,
}

impl Pace {
    /// Rows have come.
    pub fn rows_came(&mut self, now: Duration) {
        self.first.get_or_insert(now);
    }

    /// A commit of all rows starts.
    pub fn started(&mut self, now: Duration, limits: &IngestLimits) {
        self.first = None;
        self.not_before = now + limits.commit_spacing_min;
    }

    /// A commit has failed: its rows wait again.
    pub fn failed(&mut self, now: Duration, limits: &IngestLimits) {
        self.first = Some(now.saturating_sub(limits.commit_interval));
        self.not_before = now + limits.commit_spacing_min;
    }

    /// How long until the next commit; `None` if nothing waits.
    pub fn due_in(
        &self,
        now: Duration,
        waiting: Buffered,
        limits: &IngestLimits,
    ) -> Option<Duration> {
        let first = self.first?;
        let failing = first + limits.commit_interval <= self.not_before;
        if waiting.bytes >= limits.buffer_bytes_max && !failing {
            return Some(Duration::ZERO);
        }
        let many = waiting.rows >= limits.commit_rows || waiting.bytes >= limits.commit_bytes;
        let wanted = if many {
            now
        } else {
            first + limits.commit_interval
        };
        Some(wanted.max(self.not_before).saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: usize) -> Buffered {
        Buffered {
            rows,
            bytes: rows * 100,
        }
    }

    #[test]
    fn by_time_by_size_and_never_too_often() {
        let (limits, at) = (IngestLimits::default(), Duration::from_secs);
        let mut pace = Pace::default();
        assert_eq!(pace.due_in(at(9), rows(0), &limits), None);
        pace.rows_came(at(10));
        pace.rows_came(at(20));
        assert_eq!(pace.due_in(at(20), rows(1), &limits), Some(at(20)));
        assert_eq!(pace.due_in(at(41), rows(1), &limits), Some(at(0)));
        assert_eq!(pace.due_in(at(20), rows(1_000_000), &limits), Some(at(0)));
        pace.started(at(41), &limits);
        assert_eq!(pace.due_in(at(41), rows(1), &limits), None);
        pace.rows_came(at(42));
        assert_eq!(pace.due_in(at(42), rows(1_000_000), &limits), Some(at(4)));
        let full = Buffered {
            rows: 1,
            bytes: limits.buffer_bytes_max,
        };
        assert_eq!(pace.due_in(at(42), full, &limits), Some(at(0)));
    }

    #[test]
    fn a_failure_is_tried_again_after_the_spacing() {
        let (limits, at) = (IngestLimits::default(), Duration::from_secs);
        let mut pace = Pace::default();
        pace.rows_came(at(100));
        pace.started(at(130), &limits);
        pace.failed(at(131), &limits);
        assert_eq!(pace.due_in(at(131), rows(1), &limits), Some(at(5)));
        let full = Buffered {
            rows: 1,
            bytes: limits.buffer_bytes_max,
        };
        assert_eq!(
            pace.due_in(at(131), full, &limits),
            Some(at(5)),
            "no busy loop"
        );
        assert_eq!(pace.due_in(at(136), full, &limits), Some(at(0)));
    }
}
