// SPDX-License-Identifier: Apache-2.0
//! Spans of time, counted in buckets that are at most 1/32 wide: a fixed size for any number.

use std::time::Duration;

/// Buckets of each doubling.
const FINE: u64 = 32;
const FINE_BITS: u32 = 5;

/// Counts of spans, in microseconds up to 2^40 of them (12 days).
#[derive(Debug, Clone)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max_micros: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        let doublings = 40 - u64::from(FINE_BITS) + 1;
        Self {
            counts: vec![0; (doublings * FINE + FINE) as usize],
            total: 0,
            max_micros: 0,
        }
    }
}

impl Histogram {
    /// Counts a span.
    pub fn add(&mut self, span: Duration) {
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let last = self.counts.len() - 1;
        self.counts[bucket(micros).min(last)] += 1;
        self.total += 1;
        self.max_micros = self.max_micros.max(micros);
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: &Self) {
        let pairs = self.counts.iter_mut().zip(&other.counts);
        pairs.for_each(|(count, more)| *count += more);
        self.total += other.total;
        self.max_micros = self.max_micros.max(other.max_micros);
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The largest, in milliseconds.
    pub fn max_ms(&self) -> f64 {
        self.max_micros as f64 / 1e3
    }

    /// At most so much had that share of them (0 to 1), in milliseconds.
    pub fn quantile_ms(&self, share: f64) -> f64 {
        let wanted = ((self.total as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        for (at, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return upper(at as u64).min(self.max_micros) as f64 / 1e3;
            }
        }
        self.max_ms()
    }
}

fn bucket(micros: u64) -> usize {
    if micros < FINE {
        return micros as usize;
    }
    let doubling = micros.ilog2() - FINE_BITS;
    let within = (micros >> doubling) - FINE;
    (u64::from(doubling + 1) * FINE + within) as usize
}

/// The largest span of a bucket.
fn upper(bucket: u64) -> u64 {
    if bucket < FINE {
        return bucket;
    }
    let (doubling, within) = (bucket / FINE - 1, bucket % FINE);
    ((FINE + within + 1) << doubling) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_what_falls_into_it() {
        for micros in [0, 1, 31, 32, 33, 63, 64, 1_000, 123_456, 1 << 39] {
            let at = bucket(micros) as u64;
            assert!(upper(at) >= micros, "{micros}");
            assert!(at == 0 || upper(at - 1) < micros, "{micros}");
            assert!(upper(at) - micros <= micros / FINE, "{micros}");
        }
    }

    #[test]
    fn quantiles_of_a_thousand() {
        let mut all = Histogram::default();
        (1..=1_000).for_each(|micros| all.add(Duration::from_micros(micros * 100)));
        let near = |value: f64, wanted: f64| (value / wanted - 1.0).abs() < 1.0 / 31.0;
        assert!(near(all.quantile_ms(0.5), 50.0), "{}", all.quantile_ms(0.5));
        assert!(
            near(all.quantile_ms(0.99), 99.0),
            "{}",
            all.quantile_ms(0.99)
        );
        assert_eq!(all.quantile_ms(1.0), 100.0);
        let mut twice = all.clone();
        twice.merge(&all);
        assert_eq!((twice.total(), twice.max_ms()), (2_000, 100.0));
        assert_eq!(twice.quantile_ms(0.5), all.quantile_ms(0.5));
        all.add(Duration::MAX);
        assert_eq!(all.total(), 1_001);
    }
}
