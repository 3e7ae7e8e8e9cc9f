// SPDX-License-Identifier: Apache-2.0
//! Plays a household's readings as minutes, over and over, each round later than the one before.

use time::{Duration, PrimitiveDateTime};

use super::{Household, Reading};
use crate::simulate::minutes::{Minutes, Span};
use crate::simulate::random::Random;

/// Readings before and after that must all flow for water to count as never stopping.
const AROUND: usize = 3;

/// The minutes of `household` from `start` on (by its own clock), without end. `seed` says how the
/// litres of an hour fall on its minutes.
pub fn replay(household: Household, start: PrimitiveDateTime, seed: u64) -> Minutes {
    let readings = household.readings;
    let first = readings
        .iter()
        .position(|reading| reading.to >= start)
        .unwrap_or(0);
    let round = round(&readings);
    let spans = (first..).map(move |number| {
        let (at, rounds) = (number % readings.len(), number / readings.len());
        let later = round * i32::try_from(rounds).unwrap_or(i32::MAX);
        let reading = readings[at];
        let span = Span {
            from: reading.from + later,
            to: reading.to + later,
            litres: reading.litres,
            drip: drip(&readings, at),
        };
        (number, span)
    });
    let minutes =
        spans.flat_map(move |(number, span)| span.minutes(&mut Random::of(seed, &[number as u64])));
    Box::new(minutes.skip_while(move |minute| minute.at < start))
}

/// From the first reading to where the next round begins: whole days, so that mornings stay
/// mornings.
fn round(readings: &[Reading]) -> Duration {
    let (Some(first), Some(last)) = (readings.first(), readings.last()) else {
        return Duration::days(1);
    };
    let span = last.to - first.from;
    let days = (span.whole_seconds() + 86_399) / 86_400;
    Duration::days(days.max(1))
}

/// What flows in every hour around this one flows all the time.
fn drip(readings: &[Reading], at: usize) -> u32 {
    let around = &readings[at.saturating_sub(AROUND)..readings.len().min(at + AROUND + 1)];
    around
        .iter()
        .map(|reading| reading.litres)
        .min()
        .unwrap_or(0)
}
