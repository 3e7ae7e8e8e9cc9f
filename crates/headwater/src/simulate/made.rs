// SPDX-License-Identifier: Apache-2.0
//! Made flow: a household's day with its morning and evening, and a leak where one is asked for.

use time::{Duration, PrimitiveDateTime};

use super::minutes::{Minutes, Span};
use super::random::Random;

/// Parts of a day's water in each hour, in thousandths.
const DAY: [u32; 24] = [
    12, 7, 5, 4, 6, 15, 45, 90, 85, 60, 48, 42, 46, 50, 42, 38, 40, 48, 62, 75, 70, 55, 35, 20,
];

/// What leaks, in litres an hour.
const LEAK_LITRES_PER_HOUR: u32 = 12;

/// The minutes of a made household from `start` on, without end.
pub fn flow(start: PrimitiveDateTime, leak: bool, seed: u64) -> Minutes {
    let litres_a_day = 120 + Random::new(seed).below(280);
    let hours = (0_u32..).map(move |number| {
        let mut random = Random::of(seed, &[u64::from(number)]);
        let from = start + Duration::hours(i64::from(number));
        let usual = f64::from(litres_a_day) * f64::from(DAY[usize::from(from.hour())]) / 1000.0;
        let used = (usual * 2.0 * random.unit()).round() as u32;
        let drip = if leak { LEAK_LITRES_PER_HOUR } else { 0 };
        let span = Span {
            from,
            to: from + Duration::hours(1),
            litres: used + drip,
            drip,
        };
        span.minutes(&mut random)
    });
    Box::new(hours.flatten())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::super::payload::flow_rate;
    use super::*;

    const START: PrimitiveDateTime = datetime!(2026-03-01 00:00:00);

    fn litres(leak: bool, hours: std::ops::Range<u8>) -> f64 {
        let week = flow(START, leak, 5).take(7 * 24 * 60);
        let wanted =
            week.filter(|minute| hours.contains(&(minute.at - Duration::seconds(1)).hour()));
        wanted.map(|minute| flow_rate(minute.pulses)).sum()
    }

    #[test]
    fn mornings_are_busier_than_nights() {
        assert_eq!(DAY.iter().sum::<u32>(), 1000);
        assert!(litres(false, 6..10) > 3.0 * litres(false, 1..5));
    }

    #[test]
    fn a_leak_shows_at_every_minute() {
        assert!(
            flow(START, true, 5)
                .take(3000)
                .all(|minute| minute.pulses > 0)
        );
        assert!(
            flow(START, false, 5)
                .take(3000)
                .any(|minute| minute.pulses == 0)
        );
        let leaked = litres(true, 0..24) - litres(false, 0..24);
        assert!((leaked - 12.0 * 24.0 * 7.0).abs() < 1e-6, "{leaked}");
    }
}
