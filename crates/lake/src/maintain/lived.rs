// SPDX-License-Identifier: Apache-2.0
//! How much time has really passed: the wall clock, but only as far as it was lived through.
//!
//! A clock that is set forward must not make retention delete what it would have kept. So the time
//! that this server has run is counted by the monotonic clock, and kept over restarts; a step of
//! the wall clock of up to an hour is believed, and so is a stop of the server that short. A longer
//! one could be either, and retention stays behind until somebody confirms the clock. What is kept
//! too long harms nobody.

use std::time::Duration;

use bytes::Bytes;
use hw_kernel::Clock;
use hw_kernel::port::blobs::{BlobError, Put};
use hw_model::Timestamp;

use crate::env::Env;

/// Where it is kept.
const KEY: &str = "lake/lived-time.txt";

/// Steps of the wall clock that are believed.
const STEP_MAX: Duration = Duration::from_secs(3_600);

/// The time lived through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lived {
    time: Timestamp,
    /// Monotonic time at which that was so.
    at: Duration,
    /// Difference of the clocks at that time, in microseconds.
    offset: i64,
    /// Monotonic time of the last jump of the wall clock that was seen.
    jumped: Option<Duration>,
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

impl Lived {
    /// What was lived through before this start; a new folder begins now.
    pub async fn load(env: &Env) -> Result<Self, BlobError> {
        let now = env.clock.now();
        let kept = match env.blobs.get(KEY, None).await {
            Ok(bytes) => parse(&bytes),
            Err(BlobError::NotFound(_)) => Some(now),
            Err(error) => return Err(error),
        };
        // What can't be read is no reason to believe the clock: it has to be confirmed.
        Ok(Self::since(kept.unwrap_or(Timestamp(0)), &*env.clock))
    }

    fn since(kept: Timestamp, clock: &dyn Clock) -> Self {
        let (now, at) = (clock.now(), clock.monotonic());
        let gap = now.0.saturating_sub(kept.0);
        let believed = (0..=micros(STEP_MAX)).contains(&gap);
        Self {
            time: if believed { now } else { kept },
            at,
            offset: now.0 - micros(at),
            jumped: None,
        }
    }

    /// Goes on to this moment.
    pub fn advance(&mut self, clock: &dyn Clock) {
        let (now, at) = (clock.now(), clock.monotonic());
        let lived = Timestamp(self.time.0 + micros(at.saturating_sub(self.at)));
        let offset = now.0 - micros(at);
        if (offset - self.offset).abs() > micros(STEP_MAX) {
            self.jumped = Some(at);
        }
        let ahead = now.0.saturating_sub(lived.0);
        let believed = (0..=micros(STEP_MAX)).contains(&ahead);
        self.time = if believed { now } else { lived };
        (self.at, self.offset) = (at, offset);
    }

    /// Believes the wall clock.
    pub fn confirm(&mut self, clock: &dyn Clock) {
        self.time = clock.now();
        (self.at, self.jumped) = (clock.monotonic(), None);
    }

    /// The time that retention goes by: never ahead of either clock.
    pub fn time(&self, clock: &dyn Clock) -> Timestamp {
        self.time.min(clock.now())
    }

    /// How far the wall clock is ahead of it, if that waits to be confirmed.
    pub fn behind(&self, clock: &dyn Clock) -> Option<Duration> {
        let ahead = clock.now().0.saturating_sub(self.time.0);
        let ahead = Duration::from_micros(u64::try_from(ahead).unwrap_or(0));
        (ahead > STEP_MAX).then_some(ahead)
    }

    /// How long it is until an hour has passed since the wall clock jumped.
    pub fn unsettled(&self, clock: &dyn Clock) -> Option<Duration> {
        let settled = self.jumped? + STEP_MAX;
        settled
            .checked_sub(clock.monotonic())
            .filter(|rest| !rest.is_zero())
    }

    /// Keeps it for the next start.
    pub async fn store(&self, env: &Env) -> Result<(), BlobError> {
        let text = format!("v1 {}\n", self.time.0);
        env.blobs.put(KEY, Bytes::from(text), Put::Replace).await
    }
}

fn parse(bytes: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(bytes).ok()?;
    let micros = text.strip_prefix("v1 ")?.trim_end().parse().ok()?;
    Some(Timestamp(micros))
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    /// Two clocks that a test moves each for itself.
    struct Two(AtomicI64, AtomicI64);

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
        fn pass(&self, wall_seconds: i64, seconds: i64) {
            self.0.fetch_add(wall_seconds * 1_000_000, Ordering::SeqCst);
            self.1.fetch_add(seconds, Ordering::SeqCst);
        }
    }

    const HOUR: i64 = 3_600;
    const BEGIN: i64 = 1_795_521_600_000_000;

    fn seconds(lived: &Lived, clock: &Two) -> i64 {
        (lived.time(clock).0 - BEGIN) / 1_000_000
    }

    #[test]
    fn a_jump_forward_has_to_be_confirmed_and_one_back_takes_nothing_away() {
        let clock = Two(AtomicI64::new(BEGIN), AtomicI64::new(0));
        let mut lived = Lived::since(Timestamp(BEGIN), &clock);
        let mut pass = |wall, steady| {
            clock.pass(wall, steady);
            lived.advance(&clock);
            (
                seconds(&lived, &clock),
                lived.behind(&clock).map(|b| b.as_secs() as i64),
            )
        };
        assert_eq!(pass(600, 600), (600, None));
        assert_eq!(pass(HOUR, 0), (HOUR + 600, None), "an hour is believed");
        assert_eq!(pass(400 * 24 * HOUR, 60).0, HOUR + 660);
        assert_eq!(pass(60, 60).1, Some(400 * 24 * HOUR - 60));
        assert_eq!(
            pass(-400 * 24 * HOUR, 60),
            (HOUR + 660, None),
            "right again"
        );
        assert_eq!(
            pass(-2 * HOUR, 60).0,
            660 - HOUR,
            "never ahead of the clock"
        );
        assert_eq!(pass(2 * HOUR, 60).1, None, "and it was lived through");
    }

    #[test]
    fn a_short_stop_is_believed_a_long_one_confirmed() {
        let clock = Two(AtomicI64::new(BEGIN + HOUR * 1_000_000), AtomicI64::new(9));
        assert_eq!(
            seconds(&Lived::since(Timestamp(BEGIN), &clock), &clock),
            HOUR
        );
        clock.pass(1, 0);
        let mut lived = Lived::since(Timestamp(BEGIN), &clock);
        assert_eq!(seconds(&lived, &clock), 0);
        assert!(lived.behind(&clock).is_some());
        lived.confirm(&clock);
        assert_eq!(
            (seconds(&lived, &clock), lived.behind(&clock)),
            (HOUR + 1, None)
        );
        assert_eq!(parse(b"v1 12\n"), Some(Timestamp(12)));
        assert_eq!(parse(b"v2 12\n"), None);
    }

    #[test]
    fn a_jump_unsettles_for_an_hour() {
        let clock = Two(AtomicI64::new(BEGIN), AtomicI64::new(0));
        let mut lived = Lived::since(Timestamp(BEGIN), &clock);
        clock.pass(-3 * HOUR, 0);
        lived.advance(&clock);
        assert_eq!(lived.unsettled(&clock), Some(Duration::from_secs(3_600)));
        clock.pass(HOUR, HOUR);
        lived.advance(&clock);
        assert_eq!(lived.unsettled(&clock), None);
    }
}
