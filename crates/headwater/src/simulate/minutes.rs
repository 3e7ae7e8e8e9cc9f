// SPDX-License-Identifier: Apache-2.0
//! Litres of an hour become pulses of its minutes: taps are opened and closed, and what never
//! stops drips evenly. No pulse is lost or added.

use time::{Duration, PrimitiveDateTime};

use super::payload::PULSES_PER_LITRE;
use super::random::Random;

/// One minute of a meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minute {
    /// Its end, by the device's clock.
    pub at: PrimitiveDateTime,
    /// Pulses counted in it.
    pub pulses: u32,
}

/// Minutes in order, without end.
pub type Minutes = Box<dyn Iterator<Item = Minute> + Send + Sync>;

/// What flowed between two readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The reading before.
    pub from: PrimitiveDateTime,
    /// The reading.
    pub to: PrimitiveDateTime,
    /// Litres between them.
    pub litres: u32,
    /// Of these, litres that flow all the time, as a leak does.
    pub drip: u32,
}

impl Span {
    /// The minutes of the span; the last ends with it.
    pub fn minutes(&self, random: &mut Random) -> Vec<Minute> {
        let seconds = (self.to - self.from).whole_seconds().max(1);
        let count = ((seconds + 30) / 60).max(1);
        let drip = self.drip.min(self.litres) * PULSES_PER_LITRE;
        let mut pulses = evenly(drip, count as usize);
        open_taps(&mut pulses, self.litres * PULSES_PER_LITRE - drip, random);
        let at =
            |number: usize| self.from + Duration::seconds((number as i64 + 1) * seconds / count);
        let minute = |(number, pulses)| Minute {
            at: at(number),
            pulses,
        };
        pulses.into_iter().enumerate().map(minute).collect()
    }
}

/// `total` in `count` parts that differ by one at most.
fn evenly(total: u32, count: usize) -> Vec<u32> {
    let (total, count) = (u64::from(total), count as u64);
    let until = |number: u64| total * number / count;
    (0..count)
        .map(|number| (until(number + 1) - until(number)) as u32)
        .collect()
}

/// Opens taps, of 3 to 12 litres a minute, until all has flowed. The last minute of each is cut to
/// what is left.
fn open_taps(pulses: &mut [u32], mut left: u32, random: &mut Random) {
    while left > 0 {
        let flow = 3 * PULSES_PER_LITRE + random.below(9 * PULSES_PER_LITRE);
        let minutes = 1 + random.below(8) as usize;
        let first = random.below(pulses.len() as u32) as usize;
        for minute in pulses.iter_mut().skip(first).take(minutes) {
            let poured = flow.min(left);
            *minute += poured;
            left -= poured;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::super::payload::flow_rate;
    use super::*;

    fn span(seconds: i64, litres: u32, drip: u32) -> Span {
        let from = datetime!(2016-11-22 07:08:00);
        Span {
            from,
            to: from + Duration::seconds(seconds),
            litres,
            drip,
        }
    }

    #[test]
    fn an_hour_has_sixty_minutes() {
        let minutes = span(3600, 43, 0).minutes(&mut Random::new(7));
        assert_eq!(minutes.len(), 60);
        assert_eq!(minutes[0].at, datetime!(2016-11-22 07:09:00));
        assert_eq!(minutes[59].at, datetime!(2016-11-22 08:08:00));
        let litres: f64 = minutes.iter().map(|minute| flow_rate(minute.pulses)).sum();
        assert!((litres - 43.0).abs() < 1e-9, "{litres}");
        assert!(
            minutes.iter().any(|minute| minute.pulses == 0),
            "taps are closed at times"
        );
        let again = span(3600, 43, 0).minutes(&mut Random::new(7));
        assert_eq!(minutes, again);
    }

    #[test]
    fn a_leak_never_stops() {
        let minutes = span(3600, 10, 10).minutes(&mut Random::new(7));
        assert!(minutes.iter().all(|minute| minute.pulses == 45));
        assert!(
            span(3600, 0, 0)
                .minutes(&mut Random::new(7))
                .iter()
                .all(|m| m.pulses == 0)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn no_pulse_is_lost(seconds in 1..20_000_i64, litres in 0..600_u32, drip in 0..700_u32, seed: u64) {
            let span = span(seconds, litres, drip);
            let minutes = span.minutes(&mut Random::new(seed));
            let pulses: u32 = minutes.iter().map(|minute| minute.pulses).sum();
            prop_assert_eq!(pulses, litres * PULSES_PER_LITRE);
            prop_assert!(minutes.windows(2).all(|pair| pair[0].at < pair[1].at));
            prop_assert_eq!(minutes.last().map(|minute| minute.at), Some(span.to));
        }
    }
}
