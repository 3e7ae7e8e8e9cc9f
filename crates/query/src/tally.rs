// SPDX-License-Identifier: Apache-2.0
//! Counts statements by how they ended, how long they ran, and what they spilled.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use datafusion::physical_plan::ExecutionPlan;
use hw_kernel::Clock;
use hw_kernel::metric::{Histogram, Page};
use hw_model::ErrorKind;
use parking_lot::Mutex;

use crate::error::QueryError;

/// How a statement ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// All its rows were taken.
    Answered,
    /// Its own fault: wrong names, types or values, or it would write.
    Refused,
    /// It reached a limit on size.
    Limit,
    /// Its time was up, it was cancelled, or its client went away.
    Stopped,
    /// Ours: damage, or a fault of the server.
    Failed,
}

impl End {
    const ALL: [(End, &str); 5] = [
        (End::Answered, "answered"),
        (End::Refused, "refused"),
        (End::Limit, "limit"),
        (End::Stopped, "stopped"),
        (End::Failed, "failed"),
    ];

    fn of(error: &QueryError) -> End {
        if matches!(error, QueryError::Time(_) | QueryError::Cancelled) {
            return End::Stopped;
        }
        match error.kind() {
            ErrorKind::Limit => End::Limit,
            ErrorKind::Invalid
            | ErrorKind::NotFound
            | ErrorKind::Denied
            | ErrorKind::Unsupported => End::Refused,
            _ => End::Failed,
        }
    }
}

/// The counts of an engine.
pub(crate) struct Tally {
    clock: Arc<dyn Clock>,
    ended: [AtomicU64; End::ALL.len()],
    seconds: Histogram,
    spilled_bytes: AtomicU64,
}

impl std::fmt::Debug for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tally")
    }
}

impl Tally {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            clock,
            ended: Default::default(),
            seconds: Histogram::default(),
            spilled_bytes: AtomicU64::new(0),
        })
    }

    /// A statement is being made ready; if that is given up, it was stopped.
    pub(crate) fn prepares(self: &Arc<Self>) -> Preparing {
        Preparing(Some(Arc::clone(self)))
    }

    /// A statement runs.
    pub(crate) fn runs(self: &Arc<Self>) -> Arc<Run> {
        Arc::new(Run {
            since: self.clock.monotonic(),
            end: Mutex::new(End::Stopped),
            tally: Arc::clone(self),
        })
    }

    /// Counts what a plan has spilled once it is done.
    pub(crate) fn spills(self: &Arc<Self>, plan: Arc<dyn ExecutionPlan>) -> Spills {
        Spills {
            plan,
            tally: Arc::clone(self),
        }
    }

    fn count(&self, end: End) {
        self.ended[end as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn write(&self, page: &mut Page) {
        let mut family = page.counter(
            "headwater_sql_statements",
            "Queries by how they ended, those of the people's API among them.",
        );
        for (end, name) in End::ALL {
            let count = self.ended[end as usize].load(Ordering::Relaxed);
            family = family.with(&[("outcome", &name)], count);
        }
        page.histogram(
            "headwater_sql_statement_seconds",
            "How long queries ran, until their last row was taken.",
            &self.seconds.snapshot(),
        );
        page.counter(
            "headwater_sql_spilled_bytes",
            "Bytes that queries have written to disk because they did not fit memory.",
        )
        .value(self.spilled_bytes.load(Ordering::Relaxed));
    }
}

/// A statement that is parsed or planned.
pub(crate) struct Preparing(Option<Arc<Tally>>);

impl Preparing {
    /// Counts it if it ends here.
    pub(crate) fn done<T>(mut self, result: &Result<T, QueryError>) {
        if let (Some(tally), Err(error)) = (self.0.take(), result) {
            tally.count(End::of(error));
        }
    }
}

impl Drop for Preparing {
    fn drop(&mut self) {
        if let Some(tally) = &self.0 {
            tally.count(End::Stopped);
        }
    }
}

/// A statement that runs; it is counted when the last of those who hold this lets go.
pub(crate) struct Run {
    tally: Arc<Tally>,
    since: Duration,
    end: Mutex<End>,
}

impl Run {
    /// It failed, or reached a limit.
    pub(crate) fn failed(&self, error: &QueryError) {
        *self.end.lock() = End::of(error);
    }

    /// Its last row was taken.
    pub(crate) fn answered(&self) {
        let mut end = self.end.lock();
        if *end == End::Stopped {
            *end = End::Answered;
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.tally.count(*self.end.get_mut());
        let ran = self.tally.clock.monotonic().saturating_sub(self.since);
        self.tally.seconds.observe(ran);
    }
}

/// A plan that runs; what it spilled is counted when this is dropped.
pub(crate) struct Spills {
    plan: Arc<dyn ExecutionPlan>,
    tally: Arc<Tally>,
}

impl Drop for Spills {
    fn drop(&mut self) {
        let bytes = spilled(&self.plan);
        self.tally.spilled_bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

fn spilled(plan: &Arc<dyn ExecutionPlan>) -> u64 {
    let own = plan.metrics().and_then(|metrics| metrics.spilled_bytes());
    let below: u64 = plan.children().into_iter().map(spilled).sum();
    own.unwrap_or(0) as u64 + below
}

#[cfg(test)]
mod tests {
    use hw_kernel::metric::Format;
    use hw_kernel::port::clock::SystemClock;

    use super::*;

    #[test]
    fn each_statement_is_counted_once_by_its_end() {
        let tally = Tally::new(Arc::new(SystemClock::default()));
        tally.prepares().done(&Ok(()));
        tally
            .prepares()
            .done(&Err::<(), _>(QueryError::Syntax("no".into())));
        drop(tally.prepares());
        let run = tally.runs();
        run.answered();
        drop(run);
        let run = tally.runs();
        run.failed(&QueryError::limit("53200", "memory"));
        run.answered();
        drop(run);
        drop(tally.runs());
        let mut page = Page::new(Format::Text);
        tally.write(&mut page);
        let (_, text) = page.finish();
        for line in [
            "headwater_sql_statements_total{outcome=\"answered\"} 1\n",
            "headwater_sql_statements_total{outcome=\"refused\"} 1\n",
            "headwater_sql_statements_total{outcome=\"limit\"} 1\n",
            "headwater_sql_statements_total{outcome=\"stopped\"} 2\n",
            "headwater_sql_statements_total{outcome=\"failed\"} 0\n",
            "headwater_sql_statement_seconds_count 3\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
    }
}
