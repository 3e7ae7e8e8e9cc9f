// SPDX-License-Identifier: Apache-2.0
//! The port for time. Nothing else in the house reads a clock or sleeps.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hw_model::Timestamp;

/// Wall clock, monotonic clock and sleep; a simulated one stands in for it in tests.
pub trait Clock: Send + Sync {
    /// Wall-clock time. May jump when somebody sets the clock: never measure intervals with it.
    fn now(&self) -> Timestamp;
    /// Time since some fixed moment in this process; never goes back.
    fn monotonic(&self) -> Duration;
    /// Resolves after `span` of monotonic time.
    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the clock"
    )]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(span))
    }
}
