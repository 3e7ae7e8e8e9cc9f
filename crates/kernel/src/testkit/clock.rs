// SPDX-License-Identifier: Apache-2.0
//! A clock that stands until a test moves it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hw_model::Timestamp;
use tokio::sync::watch;

use crate::port::clock::Clock;

/// Simulated time: wall clock and monotonic clock move together, sleepers wake in order.
#[derive(Debug, Clone)]
pub struct SimulatedClock {
    start: Timestamp,
    elapsed: Arc<watch::Sender<Duration>>,
}

impl SimulatedClock {
    /// A clock that shows `start`.
    pub fn at(start: Timestamp) -> Self {
        Self {
            start,
            elapsed: Arc::new(watch::channel(Duration::ZERO).0),
        }
    }

    /// Moves time on.
    pub fn advance(&self, span: Duration) {
        self.elapsed.send_modify(|elapsed| *elapsed += span);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.start.0 + self.monotonic().as_micros() as i64)
    }

    fn monotonic(&self) -> Duration {
        *self.elapsed.borrow()
    }

    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let until = self.monotonic() + span;
        let mut elapsed = self.elapsed.subscribe();
        Box::pin(async move {
            let _ = elapsed.wait_for(|now| *now >= until).await;
        })
    }
}
