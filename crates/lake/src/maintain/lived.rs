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
use crate::jumps::{STEP_MAX, micros};

/// Where it is kept.
const KEY: &str = "lake/lived-time.txt";

/// The time lived through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lived {
    time: Timestamp,
    /// Monotonic time at which that was so.
    at: Duration,
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
        }
    }

    /// Goes on to this moment.
    pub fn advance(&mut self, clock: &dyn Clock) {
        let (now, at) = (clock.now(), clock.monotonic());
        let lived = Timestamp(self.time.0 + micros(at.saturating_sub(self.at)));
        let ahead = now.0.saturating_sub(lived.0);
        let believed = (0..=micros(STEP_MAX)).contains(&ahead);
        self.time = if believed { now } else { lived };
        self.at = at;
    }

    /// Believes the wall clock.
    pub fn confirm(&mut self, clock: &dyn Clock) {
        self.time = clock.now();
        self.at = clock.monotonic();
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
    use std::sync::atomic::AtomicI64;

    use super::*;
    use crate::jumps::tests::{BEGIN, HOUR, Two};

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
}
