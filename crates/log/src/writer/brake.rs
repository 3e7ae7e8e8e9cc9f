// SPDX-License-Identifier: Apache-2.0
//! A log that comes near its limit takes in less and less: who publishes is slowed to what its
//! readers free, where at the limit nothing would be acknowledged until they have caught up.

use std::time::Duration;

use super::Writer;

/// What is written in a second where the brake begins, in bytes: more than readers take. From there
/// it falls to nothing at the limit.
const BYTES_PER_SECOND: f64 = (64 << 20) as f64;

/// How long to rest at most before it is looked again what readers have freed, and at least.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
const REST_MIN: Duration = Duration::from_micros(100);

/// Longest rest before one group: who waits for an answer is told then, whatever it is.
const REST_MAX: Duration = Duration::from_secs(10);
/// Longest rest before a group that does not fit.
const REST_MAX_IF_FULL: Duration = Duration::from_millis(200);

impl Writer {
    /// Rests for as long as `bytes` take at the rate that the room in the log allows. What comes
    /// meanwhile waits in the queue, and shards whose batches wait stop reading.
    pub(super) fn brake(&mut self, bytes: usize) {
        let (wanted, mut allowed) = (bytes as f64, 0.0);
        let mut rested = Duration::ZERO;
        while allowed < wanted && !self.queue.is_closed() {
            let (held, most) = (self.held(), self.shared.settings.bytes_max);
            self.tell(held);
            let Some(rate) = rate(held, most) else {
                return;
            };
            let rest_max = match held + bytes as u64 > most {
                true => REST_MAX_IF_FULL,
                false => REST_MAX,
            };
            if rested >= rest_max {
                return;
            }
            let span = Duration::try_from_secs_f64((wanted - allowed) / rate);
            let span = span.unwrap_or(LOOK_AGAIN).clamp(REST_MIN, LOOK_AGAIN);
            self.queue.linger(span);
            rested += span;
            allowed += rate * span.as_secs_f64();
        }
    }

    /// Bytes in all segments.
    pub(super) fn held(&self) -> u64 {
        self.shared.segments.count_and_bytes().1 + self.active.bytes()
    }

    fn tell(&mut self, held: u64) {
        let most = self.shared.settings.bytes_max;
        let begins = begin(most);
        if !self.braking && held > begins {
            self.braking = true;
            tracing::warn!(
                held,
                most,
                "the log is full by three quarters: who publishes is slowed down"
            );
        } else if self.braking && held < begins - begins / 8 {
            self.braking = false;
            tracing::info!(held, most, "the log has room again");
        }
    }
}

/// Where the brake begins.
fn begin(most: u64) -> u64 {
    most - most / 4
}

/// Bytes a second that a log of `held` bytes may take in if it may hold `most`; `None` is any.
fn rate(held: u64, most: u64) -> Option<f64> {
    let begins = begin(most);
    let left = most.saturating_sub(held) as f64 / (most - begins).max(1) as f64;
    (held > begins).then_some(BYTES_PER_SECOND * left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fuller_the_slower() {
        const MOST: u64 = 1_000 << 20;
        let rate = |held: u64| rate(held << 20, MOST).map(|rate| rate as u64 >> 20);
        assert_eq!((rate(0), rate(750)), (None, None));
        assert_eq!((rate(751), rate(875)), (Some(63), Some(32)));
        assert_eq!((rate(1_000), rate(2_000)), (Some(0), Some(0)));
        assert_eq!(super::rate(0, 0), None);
        assert_eq!(super::rate(1, 0), Some(0.0));
    }
}
