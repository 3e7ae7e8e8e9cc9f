// SPDX-License-Identifier: Apache-2.0
//! A log that comes near its limit takes in less and less: who publishes is slowed to what its
//! readers free, where at the limit nothing would be acknowledged until they have caught up.

use std::time::Duration;

use super::Writer;

/// What is written in a second where the brake begins, in bytes: more than readers take. From there
/// it falls to nothing at the limit.
const BYTES_PER_SECOND: f64 = (64 << 20) as f64;

/// Longest rest at a time: who waits for an answer is still told within seconds.
const REST_MAX: Duration = Duration::from_secs(1);

impl Writer {
    /// Rests for as long as `bytes` take at the rate that the room in the log allows. What comes
    /// meanwhile waits in the queue, and shards whose batches wait stop reading.
    pub(super) fn brake(&mut self, bytes: usize) {
        let (_, sealed) = self.shared.segments.count_and_bytes();
        let held = sealed + self.active.bytes();
        let most = self.shared.settings.bytes_max;
        let rest = rest(bytes as u64, held, most);
        if self.braking != !rest.is_zero() {
            self.braking = !self.braking;
            match self.braking {
                true => tracing::warn!(
                    held,
                    most,
                    "the log is full by three quarters: who publishes is slowed down"
                ),
                false => tracing::info!(held, most, "the log has room again"),
            }
        }
        if self.braking {
            self.queue.linger(rest);
        }
    }
}

/// How long to rest before `bytes` are added to a log that holds `held` bytes of `most`: not at all
/// in its first three quarters.
fn rest(bytes: u64, held: u64, most: u64) -> Duration {
    let begins = most - most / 4;
    if held <= begins {
        return Duration::ZERO;
    }
    let left = most.saturating_sub(held) as f64 / (most - begins).max(1) as f64;
    let rest = Duration::try_from_secs_f64(bytes as f64 / (BYTES_PER_SECOND * left));
    rest.unwrap_or(REST_MAX).min(REST_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fuller_the_slower_and_never_for_long() {
        const MOST: u64 = 1_000 << 20;
        let rest = |held: u64| rest(1 << 20, held << 20, MOST).as_secs_f64();
        assert_eq!((rest(0), rest(750)), (0.0, 0.0));
        let (begun, half, nearly) = (rest(751), rest(875), rest(999));
        assert!((0.015..0.017).contains(&begun), "{begun}");
        assert!((0.031..0.032).contains(&half), "{half}");
        assert_eq!((nearly, rest(1_000), rest(2_000)), (1.0, 1.0, 1.0));
        assert_eq!(super::rest(1, 0, 0), Duration::ZERO);
        assert_eq!(super::rest(1, 1, 0), REST_MAX);
    }
}
