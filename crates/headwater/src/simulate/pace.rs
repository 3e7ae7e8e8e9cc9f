// SPDX-License-Identifier: Apache-2.0
//! Simulated time against real time.

use std::time::Duration;

use time::PrimitiveDateTime;
use tokio::time::Instant;

/// Since when, and how much faster than real time.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    began: Instant,
    from: PrimitiveDateTime,
    speed: f64,
}

impl Pace {
    /// Simulated time is `from` at `began` and passes `speed` times as fast as real time.
    pub fn new(began: Instant, from: PrimitiveDateTime, speed: f64) -> Self {
        Self { began, from, speed }
    }

    /// Begins anew, now.
    pub fn begin(&mut self) {
        self.began = Instant::now();
    }

    /// When it is `date` in simulated time.
    pub fn due(&self, date: PrimitiveDateTime) -> Instant {
        let simulated = (date - self.from).as_seconds_f64().max(0.0);
        // A span too long to be told is as good as never: a century.
        let real = Duration::try_from_secs_f64(simulated / self.speed).ok();
        let century = Duration::from_secs(3_155_760_000);
        self.began + real.unwrap_or(century).min(century)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn speed_compresses_time() {
        let from = datetime!(2016-11-22 06:00:00);
        let began = Instant::now();
        let pace = Pace::new(began, from, 1_200.0);
        assert_eq!(pace.due(from), began);
        assert_eq!(
            pace.due(datetime!(2016-11-22 06:20:00)),
            began + Duration::from_secs(1)
        );
        assert_eq!(
            pace.due(datetime!(2016-11-21 00:00:00)),
            began,
            "what is past is due"
        );
        let slow = Pace::new(began, from, 1e-9);
        assert!(
            slow.due(datetime!(2017-11-22 06:00:00)) > began + Duration::from_secs(3_000_000_000)
        );
    }
}
