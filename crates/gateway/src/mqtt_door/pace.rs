// SPDX-License-Identifier: Apache-2.0
//! How fast a door lets connections in. Who waits, waits in the kernel's backlog and comes in by
//! order of arrival; nobody is turned away.

use std::time::Duration;

/// Connections accepted before those that are open get their turn again.
const ACCEPTS_PER_TURN_MAX: usize = 64;

/// The same while the door is behind with those that are open: they come first, or a thousand
/// devices that are back at once would all be half through when the first gives up.
const ACCEPTS_PER_BUSY_TURN_MAX: usize = 8;

/// Events in a turn from which a door counts as behind.
const BUSY_EVENTS: usize = 64;

/// Connections that may be accepted in a turn which has so much else to do.
pub fn accepts_per_turn_max(events: usize) -> usize {
    if events < BUSY_EVENTS {
        ACCEPTS_PER_TURN_MAX
    } else {
        ACCEPTS_PER_BUSY_TURN_MAX
    }
}

/// A token bucket of one second's connections.
#[derive(Debug)]
pub struct Pace {
    per_second: u32,
    /// Connections that may come at once.
    tokens: f64,
    filled_at: Duration,
}

impl Pace {
    /// So many a second; 0: any.
    pub fn new(per_second: u32) -> Self {
        Self {
            per_second,
            tokens: f64::from(per_second),
            filled_at: Duration::ZERO,
        }
    }

    /// Since when, or from when on, the next one may come.
    pub fn next(&mut self, now: Duration) -> Duration {
        if self.per_second == 0 {
            return now;
        }
        let rate = f64::from(self.per_second);
        let passed = now.saturating_sub(self.filled_at).as_secs_f64();
        self.filled_at = self.filled_at.max(now);
        self.tokens = (self.tokens + passed * rate).min(rate);
        let missing = 1.0 - self.tokens;
        if missing <= 0.0 {
            return now;
        }
        now + Duration::from_secs_f64(missing / rate)
    }

    /// One has come.
    pub fn came(&mut self) {
        self.tokens -= 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those who come in a span where all the time somebody waits.
    fn come(pace: &mut Pace, from: Duration, to: Duration) -> u32 {
        let (mut now, mut came) = (from, 0);
        while now < to {
            let next = pace.next(now);
            if next > now {
                now = next;
                continue;
            }
            pace.came();
            came += 1;
        }
        came
    }

    #[test]
    fn a_second_at_once_then_the_rate() {
        let seconds = Duration::from_secs;
        let mut pace = Pace::new(100);
        assert_eq!(
            come(
                &mut pace,
                seconds(10),
                seconds(10) + Duration::from_nanos(1)
            ),
            100
        );
        let came = come(&mut pace, seconds(10), seconds(13));
        assert!((299..=301).contains(&came), "{came}");
        // What was not used for an hour is not saved up.
        let came = come(&mut pace, seconds(3_600), seconds(3_601));
        assert!((199..=201).contains(&came), "{came}");
    }

    #[test]
    fn zero_is_any() {
        let mut pace = Pace::new(0);
        for _ in 0..1_000 {
            assert_eq!(pace.next(Duration::ZERO), Duration::ZERO);
            pace.came();
        }
    }
}
