// SPDX-License-Identifier: Apache-2.0
//! Readings of real smart water meters, in the format of the DAIAD project's trials: lines of
//! `user.key;datetime;meter.reading;diff`, hourly, litres.
//!
//! The extract that ships beside the code is described in `data/daiad/README.md`.

mod replay;

use std::collections::HashMap;

use time::{Duration, PrimitiveDateTime};

use super::device_date;

pub use replay::replay;

/// Six households, two weeks.
pub const EXTRACT: &str = include_str!("../../data/daiad/households.csv");

/// A longer silence between readings is one: nothing is sent for it.
const GAP_MAX: Duration = Duration::hours(3);
/// More in an hour is a glitch of the meter.
const LITRES_PER_HOUR_MAX: i64 = 5_000;

/// The readings of one meter, in order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Household {
    /// Its name in the data.
    pub name: String,
    /// Readings that can be used.
    pub readings: Vec<Reading>,
}

/// Litres since the reading before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// When the period began.
    pub from: PrimitiveDateTime,
    /// When it was read.
    pub to: PrimitiveDateTime,
    /// Litres in between.
    pub litres: u32,
}

/// What of the data cannot be sent, in numbers of readings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Lines that are not of the format.
    pub unreadable: usize,
    /// The meter ran backwards, or jumped by more than it can.
    pub impossible: usize,
    /// Silences of more than three hours: the litres of the whole silence came with one reading.
    pub silences: usize,
    /// Two readings at the same time.
    pub repeated: usize,
}

/// Reads a file of the format: households in order of appearance.
pub fn parse(text: &str) -> (Vec<Household>, LeftOut) {
    let mut left_out = LeftOut::default();
    let mut names: Vec<&str> = Vec::new();
    let mut lines: HashMap<&str, Vec<(PrimitiveDateTime, i64)>> = HashMap::new();
    let content = text
        .lines()
        .enumerate()
        .filter(|(at, line)| !(*at == 0 && line.starts_with("user.key")));
    for (_, line) in content.filter(|(_, line)| !line.trim().is_empty()) {
        let Some((name, at, litres)) = fields(line) else {
            left_out.unreadable += 1;
            continue;
        };
        let household = lines.entry(name).or_insert_with(|| {
            names.push(name);
            Vec::new()
        });
        household.push((at, litres));
    }
    let households = names.into_iter().map(|name| {
        let mut readings = lines.remove(name).unwrap_or_default();
        readings.sort_by_key(|(at, _)| *at);
        Household {
            name: name.to_owned(),
            readings: usable(&readings, &mut left_out),
        }
    });
    let households: Vec<Household> = households.filter(|h| !h.readings.is_empty()).collect();
    (households, left_out)
}

fn fields(line: &str) -> Option<(&str, PrimitiveDateTime, i64)> {
    let mut fields = line.trim_end().split(';');
    let (name, at, _reading, diff) = (
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
    );
    if fields.next().is_some() || name.is_empty() {
        return None;
    }
    Some((name, device_date::parse(at)?, diff.parse().ok()?))
}

fn usable(lines: &[(PrimitiveDateTime, i64)], left_out: &mut LeftOut) -> Vec<Reading> {
    let mut readings = Vec::with_capacity(lines.len());
    let mut before: Option<PrimitiveDateTime> = None;
    for &(to, litres) in lines {
        let from = before.unwrap_or(to - Duration::hours(1));
        if from == to {
            left_out.repeated += 1;
            continue;
        }
        before = Some(to);
        let span = to - from;
        let hours = span.whole_hours().max(1);
        if span > GAP_MAX {
            left_out.silences += 1;
        } else if !(0..=LITRES_PER_HOUR_MAX * hours).contains(&litres) {
            left_out.impossible += 1;
        } else {
            readings.push(Reading {
                from,
                to,
                litres: litres as u32,
            });
        }
    }
    readings
}

impl LeftOut {
    /// A sentence for people; `None` if all can be sent.
    pub fn describe(&self) -> Option<String> {
        let parts = [
            (self.unreadable, "lines not of the format"),
            (self.impossible, "readings that run backwards or jump"),
            (self.silences, "silences of more than three hours"),
            (self.repeated, "readings that stand twice"),
        ];
        let told: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if told.is_empty() {
            None
        } else {
            Some(format!("Left out: {}.", told.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests;
