// SPDX-License-Identifier: Apache-2.0
//! A clock that a test sets, as somebody sets a machine's.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use hw_kernel::Clock;
use hw_kernel::testkit::clock::SimulatedClock;
use hw_model::Timestamp;

/// Simulated time, whose wall clock jumps where the monotonic one does not.
#[derive(Clone)]
pub struct JumpyClock {
    steady: SimulatedClock,
    ahead_micros: Arc<AtomicI64>,
}

impl JumpyClock {
    pub fn at(start: Timestamp) -> Self {
        Self {
            steady: SimulatedClock::at(start),
            ahead_micros: Arc::default(),
        }
    }

    /// Time passes.
    pub fn advance(&self, span: Duration) {
        self.steady.advance(span);
    }

    /// The wall clock is set.
    pub fn jump(&self, seconds: i64) {
        self.ahead_micros
            .fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for JumpyClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.steady.now().0 + self.ahead_micros.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        self.steady.monotonic()
    }

    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.steady.sleep(span)
    }
}
