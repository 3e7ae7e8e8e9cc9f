// SPDX-License-Identifier: Apache-2.0
//! Jumps of the wall clock. For an hour after one nobody can tell how long ago something was, so
//! nothing goes by that: no snapshot, and no file that nothing reaches.

use std::time::Duration;

use hw_kernel::Clock;
use parking_lot::Mutex;

/// Steps of the wall clock that are believed, and how long a longer one unsettles.
pub(crate) const STEP_MAX: Duration = Duration::from_secs(3_600);

/// What was seen of the clocks.
#[derive(Debug)]
pub(crate) struct Jumps(Mutex<Seen>);

#[derive(Debug)]
struct Seen {
    /// Difference of the clocks when somebody last looked, in microseconds.
    offset: i64,
    /// Monotonic time of the last jump that was seen.
    jumped: Option<Duration>,
}

/// A span in the unit of timestamps.
pub(crate) fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

impl Jumps {
    /// Those from now on.
    pub fn of(clock: &dyn Clock) -> Self {
        let offset = clock.now().0 - micros(clock.monotonic());
        Self(Mutex::new(Seen {
            offset,
            jumped: None,
        }))
    }

    /// How long it is until an hour has passed since the last jump. It looks at the clocks: one
    /// that jumped a moment ago is seen.
    pub fn unsettled(&self, clock: &dyn Clock) -> Option<Duration> {
        let mut seen = self.0.lock();
        let at = clock.monotonic();
        let offset = clock.now().0 - micros(at);
        if offset.abs_diff(seen.offset) > STEP_MAX.as_micros() as u64 {
            seen.jumped = Some(at);
        }
        seen.offset = offset;
        let settled = seen.jumped? + STEP_MAX;
        settled.checked_sub(at).filter(|rest| !rest.is_zero())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::pin::Pin;
    use std::sync::atomic::{AtomicI64, Ordering};

    use hw_model::Timestamp;

    use super::*;

    /// Two clocks that a test moves each for itself.
    pub(crate) struct Two(pub AtomicI64, pub AtomicI64);

    impl Clock for Two {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.load(Ordering::SeqCst))
        }
        fn monotonic(&self) -> Duration {
            Duration::from_secs(self.1.load(Ordering::SeqCst) as u64)
        }
        fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(std::future::pending())
        }
    }

    impl Two {
        pub(crate) fn pass(&self, wall_seconds: i64, seconds: i64) {
            self.0.fetch_add(wall_seconds * 1_000_000, Ordering::SeqCst);
            self.1.fetch_add(seconds, Ordering::SeqCst);
        }
    }

    pub(crate) const HOUR: i64 = 3_600;
    pub(crate) const BEGIN: i64 = 1_795_521_600_000_000;

    #[test]
    fn a_jump_unsettles_for_an_hour() {
        for jump in [-3 * HOUR, 400 * 24 * HOUR] {
            let clock = Two(AtomicI64::new(BEGIN), AtomicI64::new(0));
            let jumps = Jumps::of(&clock);
            clock.pass(HOUR, 0);
            assert_eq!(jumps.unsettled(&clock), None, "an hour is believed");
            clock.pass(jump, 0);
            assert_eq!(jumps.unsettled(&clock), Some(Duration::from_secs(3_600)));
            clock.pass(HOUR - 1, HOUR - 1);
            assert_eq!(jumps.unsettled(&clock), Some(Duration::from_secs(1)));
            clock.pass(1, 1);
            assert_eq!(jumps.unsettled(&clock), None);
        }
    }
}
