// SPDX-License-Identifier: Apache-2.0
//! The order of a file's rows: by day, then by the columns that the table is sorted by.
//!
//! Texts are given ranks first, and rows are sorted by numbers: things, metrics and kinds are few
//! beside the rows, and comparing texts row by row costs ten times as much.

use std::collections::HashMap;
use std::hash::Hash;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use foldhash::fast::FixedState;
use iceberg::{Error, ErrorKind, Result};

const DAY_MICROS: i64 = 86_400_000_000;

/// The rows of one day, as (batch, row), in their order.
pub(crate) struct Day {
    /// Days since 1970-01-01.
    pub day: i32,
    pub rows: Vec<(usize, usize)>,
}

/// Orders the rows of `batches` (all of one schema).
pub(crate) fn by_day(batches: &[&RecordBatch], time: &str, sort: &[&str]) -> Result<Vec<Day>> {
    let times: Vec<i64> = batches
        .iter()
        .map(|b| micros(b, time))
        .collect::<Result<Vec<_>>>()?
        .concat();
    let groups = groups(batches, time, sort)?;
    let places = batches
        .iter()
        .zip(0u32..)
        .flat_map(|(batch, n)| (0..batch.num_rows() as u32).map(move |row| (n, row)));
    let mut keys: Vec<_> = places
        .zip(times.iter().zip(&groups))
        .map(|(place, (time, group))| (time.div_euclid(DAY_MICROS) as i32, *group, *time, place))
        .collect();
    keys.sort_unstable();
    let mut days: Vec<Day> = Vec::new();
    for (day, _, _, (batch, row)) in keys {
        let place = (batch as usize, row as usize);
        match days.last_mut() {
            Some(last) if last.day == day => last.rows.push(place),
            _ => days.push(Day {
                day,
                rows: vec![place],
            }),
        }
    }
    Ok(days)
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
fn groups(batches: &[&RecordBatch], time: &str, sort: &[&str]) -> Result<Vec<u32>> {
    let rows = batches.iter().map(|batch| batch.num_rows()).sum();
    let mut groups: Option<Vec<u32>> = None;
    for name in sort.iter().take_while(|name| **name != time) {
        let ranks = text_ranks(batches, name)?;
        groups = Some(match groups {
            None => ranks,
            Some(before) => dense_ranks(before.into_iter().zip(ranks)),
        });
    }
    Ok(groups.unwrap_or_else(|| vec![0; rows]))
}

fn text_ranks(batches: &[&RecordBatch], name: &str) -> Result<Vec<u32>> {
    let mut texts: Vec<Option<&str>> = Vec::new();
    for batch in batches {
        let column = column(batch, name)?;
        if *column.data_type() != DataType::Utf8 {
            let message = format!("rows can't be sorted by column {name}: it is no text");
            return Err(Error::new(ErrorKind::FeatureUnsupported, message));
        }
        texts.extend(column.as_string::<i32>().iter());
    }
    Ok(dense_ranks(texts.into_iter()))
}

/// Ranks from 0, the same for what is equal.
fn dense_ranks<T: Copy + Ord + Hash>(items: impl Iterator<Item = T>) -> Vec<u32> {
    let mut numbers: HashMap<T, u32, FixedState> = HashMap::default();
    let mut last: Option<(T, u32)> = None;
    let mut ranks: Vec<u32> = items
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
    ranks
        .iter_mut()
        .for_each(|rank| *rank = rank_of[*rank as usize]);
    ranks
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{StringArray, TimestampMicrosecondArray};

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
        let days = by_day(&[&first, &second], "time", &["thing", "metric", "time"]).expect("sorts");
        let found: Vec<_> = days.into_iter().map(|day| (day.day, day.rows)).collect();
        let today = vec![(1, 0), (1, 2), (1, 1), (0, 2), (0, 0)];
        assert_eq!(found, [(-1, vec![(1, 3)]), (0, today), (1, vec![(0, 1)])]);
    }
}
