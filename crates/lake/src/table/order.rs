// SPDX-License-Identifier: Apache-2.0
//! The order of a file's rows: by day, then by the columns that the table is sorted by.
//!
//! Texts are given ranks first, once for each entry of a dictionary where there is one, and rows
//! are counted into their places: they come in the order of time, or nearly, so that nothing is
//! compared row by row.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use foldhash::fast::FixedState;
use iceberg::{Error, ErrorKind, Result};

const DAY_MICROS: i64 = 86_400_000_000;

/// The place of a row: its batch, and its row there.
pub(crate) type Place = (u32, u32);

/// The rows of one day, in their order.
pub(crate) struct Day {
    /// Days since 1970-01-01.
    pub day: i32,
    pub rows: Vec<Place>,
}

/// A number for each row, ordered like what the row has in some columns, from 0.
struct Ranks {
    of_row: Vec<u32>,
    count: usize,
}

/// Orders the rows of `batches` (all of the same columns).
pub(crate) fn by_day(batches: &[&RecordBatch], time: &str, sort: &[&str]) -> Result<Vec<Day>> {
    let times: Vec<i64> = batches
        .iter()
        .map(|b| micros(b, time))
        .collect::<Result<Vec<_>>>()?
        .concat();
    let groups = groups(batches, time, sort)?;
    let days = day_numbers(&times);
    let numbers: Vec<i32> = days.keys().copied().collect();
    let whole = match numbers.len() {
        1 => groups,
        _ => by_days(&days, &times, groups),
    };
    let places = batches
        .iter()
        .zip(0u32..)
        .flat_map(|(batch, n)| (0..batch.num_rows() as u32).map(move |row| (n, row)));
    let rows = counted(places, &times, &whole);
    let mut rest = rows.as_slice();
    let day = |day: i32| {
        let (rows, after) = rest.split_at(days[&day].1);
        rest = after;
        let rows = rows.to_vec();
        Day { day, rows }
    };
    Ok(numbers.into_iter().map(day).collect())
}

/// Each day's place among the days, and how many rows it has.
fn day_numbers(times: &[i64]) -> BTreeMap<i32, (u32, usize)> {
    let mut days: BTreeMap<i32, (u32, usize)> = BTreeMap::new();
    let mut rest = times;
    while let Some(first) = rest.first() {
        let day = first.div_euclid(DAY_MICROS);
        let span = day * DAY_MICROS..(day + 1) * DAY_MICROS;
        let run = rest.iter().take_while(|time| span.contains(time)).count();
        days.entry(day as i32).or_default().1 += run;
        rest = &rest[run..];
    }
    days.values_mut().zip(0..).for_each(|(day, n)| day.0 = n);
    days
}

/// Ranks by day first.
fn by_days(days: &BTreeMap<i32, (u32, usize)>, times: &[i64], groups: Ranks) -> Ranks {
    let days_of = times
        .iter()
        .map(|time| days[&(time.div_euclid(DAY_MICROS) as i32)].0);
    let of_row = days_of.collect();
    let count = days.len();
    both(Ranks { of_row, count }, groups)
}

/// Puts rows into the order of their ranks, and those of the same rank in the order of time.
fn counted(places: impl Iterator<Item = Place>, times: &[i64], ranks: &Ranks) -> Vec<Place> {
    let mut ends = vec![0usize; ranks.count + 1];
    for rank in &ranks.of_row {
        ends[*rank as usize + 1] += 1;
    }
    for rank in 1..ends.len() {
        ends[rank] += ends[rank - 1];
    }
    let starts = ends.clone();
    let mut last = vec![i64::MIN; ranks.count];
    let mut unsorted: Vec<u32> = Vec::new();
    let mut rows = vec![((0, 0), 0i64); times.len()];
    for ((place, time), rank) in places.zip(times).zip(&ranks.of_row) {
        let group = *rank as usize;
        if *time < last[group] {
            unsorted.push(*rank);
        }
        last[group] = *time;
        rows[ends[group]] = (place, *time);
        ends[group] += 1;
    }
    unsorted.sort_unstable();
    unsorted.dedup();
    for group in unsorted {
        let span = starts[group as usize]..starts[group as usize + 1];
        rows[span].sort_by_key(|(_, time)| *time);
    }
    rows.into_iter().map(|(place, _)| place).collect()
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a dyn Array> {
    let missing = || Error::new(ErrorKind::DataInvalid, format!("there is no column {name}"));
    batch
        .column_by_name(name)
        .map(AsRef::as_ref)
        .ok_or_else(missing)
}

fn micros(batch: &RecordBatch, time: &str) -> Result<Vec<i64>> {
    let times = column(batch, time)?.as_primitive_opt::<TimestampMicrosecondType>();
    let wrong = || {
        Error::new(
            ErrorKind::DataInvalid,
            format!("column {time} holds no times"),
        )
    };
    Ok(times.ok_or_else(wrong)?.values().to_vec())
}

/// A number for each row, ordered like the texts that the row has in the columns before `time`.
fn groups(batches: &[&RecordBatch], time: &str, sort: &[&str]) -> Result<Ranks> {
    let rows = batches.iter().map(|batch| batch.num_rows()).sum();
    let mut groups: Option<Ranks> = None;
    for name in sort.iter().take_while(|name| **name != time) {
        let ranks = text_ranks(batches, name)?;
        groups = Some(match groups {
            None => ranks,
            Some(before) => both(before, ranks),
        });
    }
    Ok(groups.unwrap_or_else(|| Ranks {
        of_row: vec![0; rows],
        count: 1,
    }))
}

/// Ranks by the one, then by the other.
fn both(first: Ranks, second: Ranks) -> Ranks {
    let pairs = first.of_row.into_iter().zip(second.of_row);
    match first.count.checked_mul(second.count) {
        // As many places as pairs there could be: that they stay empty costs less than a look-up.
        Some(count) if count <= 4 * pairs.len() + 65_536 => Ranks {
            of_row: pairs.map(|(a, b)| a * second.count as u32 + b).collect(),
            count,
        },
        _ => dense_ranks(pairs),
    }
}

fn text_ranks(batches: &[&RecordBatch], name: &str) -> Result<Ranks> {
    let columns = batches.iter().map(|batch| column(batch, name));
    let columns = columns.collect::<Result<Vec<_>>>()?;
    if columns
        .iter()
        .all(|c| *c.data_type() == crate::schema::dictionary())
    {
        return Ok(entry_ranks(&columns));
    }
    let mut texts: Vec<Option<&str>> = Vec::new();
    for column in columns {
        match column.data_type() {
            DataType::Utf8 => texts.extend(column.as_string::<i32>().iter()),
            kind if *kind == crate::schema::dictionary() => {
                let column = column.as_dictionary::<Int32Type>();
                let values = column.values().as_string::<i32>();
                let keys = column.keys().iter();
                texts.extend(keys.map(|key| Some(values.value(key? as usize))));
            }
            _ => {
                let message = format!("rows can't be sorted by column {name}: it is no text");
                return Err(Error::new(ErrorKind::FeatureUnsupported, message));
            }
        }
    }
    Ok(dense_ranks(texts.into_iter()))
}

/// The same where every text stands once for a batch: NULL has rank 0.
fn entry_ranks(columns: &[&dyn Array]) -> Ranks {
    let columns: Vec<_> = columns
        .iter()
        .map(|c| c.as_dictionary::<Int32Type>())
        .collect();
    let entries = columns
        .iter()
        .flat_map(|c| c.values().as_string::<i32>().iter());
    let entries = dense_ranks(entries.map(Option::unwrap_or_default));
    let (mut of_row, mut first) = (Vec::new(), 0);
    for column in columns {
        let ranks = &entries.of_row[first..];
        let rank = |key: Option<i32>| key.map_or(0, |key| ranks[key as usize] + 1);
        of_row.extend(column.keys().iter().map(rank));
        first += column.values().len();
    }
    Ranks {
        of_row,
        count: entries.count + 1,
    }
}

/// Ranks from 0, the same for what is equal.
fn dense_ranks<T: Copy + Ord + Hash>(items: impl Iterator<Item = T>) -> Ranks {
    let mut numbers: HashMap<T, u32, FixedState> = HashMap::default();
    let mut last: Option<(T, u32)> = None;
    let mut of_row: Vec<u32> = items
        .map(|item| match last {
            Some((before, number)) if before == item => number,
            _ => {
                let next = numbers.len() as u32;
                let number = *numbers.entry(item).or_insert(next);
                last = Some((item, number));
                number
            }
        })
        .collect();
    let mut sorted: Vec<(T, u32)> = numbers.into_iter().collect();
    sorted.sort_unstable();
    let mut rank_of = vec![0; sorted.len()];
    for ((_, number), rank) in sorted.into_iter().zip(0..) {
        rank_of[number as usize] = rank;
    }
    of_row
        .iter_mut()
        .for_each(|rank| *rank = rank_of[*rank as usize]);
    let count = rank_of.len();
    Ranks { of_row, count }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{DictionaryArray, StringArray, TimestampMicrosecondArray};

    use super::*;

    fn batch(rows: &[(i64, Option<&str>, &str)]) -> RecordBatch {
        let times: TimestampMicrosecondArray = rows.iter().map(|row| Some(row.0)).collect();
        let things: StringArray = rows.iter().map(|row| row.1).collect();
        let metrics: StringArray = rows.iter().map(|row| Some(row.2)).collect();
        let columns: [(&str, Arc<dyn Array>); 3] = [
            ("time", Arc::new(times)),
            ("thing", Arc::new(things)),
            ("metric", Arc::new(metrics)),
        ];
        RecordBatch::try_from_iter(columns).expect("same lengths")
    }

    /// The same rows with their texts in dictionaries.
    fn in_dictionaries(batch: &RecordBatch) -> RecordBatch {
        let texts = |name: &str| -> Arc<dyn Array> {
            let plain = batch
                .column_by_name(name)
                .expect("is there")
                .as_string::<i32>();
            Arc::new(plain.iter().collect::<DictionaryArray<Int32Type>>())
        };
        let columns: [(&str, Arc<dyn Array>); 3] = [
            ("time", Arc::clone(batch.column(0))),
            ("thing", texts("thing")),
            ("metric", texts("metric")),
        ];
        RecordBatch::try_from_iter(columns).expect("same lengths")
    }

    #[test]
    fn by_day_then_texts_then_time_and_null_comes_first() {
        let first = batch(&[
            (3, Some("b"), "x"),
            (DAY_MICROS, Some("a"), "x"),
            (2, Some("a"), "y"),
        ]);
        let second = batch(&[
            (9, None, "z"),
            (1, Some("a"), "y"),
            (5, Some("a"), "x"),
            (-1, Some("a"), "x"),
        ]);
        let today = vec![(1, 0), (1, 2), (1, 1), (0, 2), (0, 0)];
        let expected = [(-1, vec![(1, 3)]), (0, today), (1, vec![(0, 1)])];
        let (third, fourth) = (in_dictionaries(&first), in_dictionaries(&second));
        for batches in [[&first, &second], [&third, &fourth], [&first, &fourth]] {
            let days = by_day(&batches, "time", &["thing", "metric", "time"]).expect("sorts");
            let found: Vec<_> = days.into_iter().map(|day| (day.day, day.rows)).collect();
            assert_eq!(found, expected);
        }
    }
}
