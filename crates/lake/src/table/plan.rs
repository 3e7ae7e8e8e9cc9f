// SPDX-License-Identifier: Apache-2.0
//! Which files to merge: pure, from the list of a table's files.
//!
//! A day's files are merged when there are many, smallest first, and a larger one only once those
//! before it weigh as much: a row is then rewritten a few times a day, like a digit of a counter,
//! not once for every fifty commits. What is left of a day that is over goes into one file when it
//! has been quiet for an hour.

use std::collections::BTreeMap;
use std::time::Duration;

use hw_kernel::port::tables::DataFile;
use hw_model::Timestamp;

/// Limits of compaction.
#[derive(Debug, Clone)]
pub struct CompactLimits {
    /// Files of a day that ask for a merge.
    pub files_min: usize,
    /// Files from this size on stay as they are, and a merge writes files of about this size, in
    /// bytes.
    pub file_bytes_max: u64,
    /// Files that are merged at a time.
    pub fan_in_max: usize,
    /// Memory for pages and rows of the files that are being merged, in bytes.
    pub memory_bytes_max: u64,
    /// How long a day that is over must have been left alone before its rest is merged.
    pub quiet: Duration,
}

impl Default for CompactLimits {
    fn default() -> Self {
        Self {
            files_min: 50,
            file_bytes_max: 64 << 20,
            fan_in_max: 128,
            memory_bytes_max: 64 << 20,
            quiet: Duration::from_secs(3_600),
        }
    }
}

const DAY_MICROS: i64 = 86_400_000_000;

/// A merge: files of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Merge {
    /// Days since 1970-01-01.
    pub day: i32,
    /// Keys of the files, smallest first.
    pub keys: Vec<String>,
    /// Whether the day is over: what is written now is hardly ever written again.
    pub over: bool,
}

/// The day of a file, since 1970-01-01.
pub(crate) fn day_of(file: &DataFile) -> Option<i32> {
    let (first, _) = file.time?;
    i32::try_from(first.div_euclid(DAY_MICROS)).ok()
}

/// When a file was written, as its name says (a UUID of version 7): milliseconds.
fn written_ms(file: &DataFile) -> Option<u64> {
    let name = file.key.rsplit('/').next()?.strip_suffix(".parquet")?;
    let id = uuid::Uuid::try_parse(name).ok()?;
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    Some(seconds * 1_000 + u64::from(nanos) / 1_000_000)
}

/// The merges that are due, oldest day first. With `now` at the end of time every day is over and
/// quiet: all that can be merged is.
pub(crate) fn due(files: &[DataFile], now: Timestamp, limits: &CompactLimits) -> Vec<Merge> {
    let mut days: BTreeMap<i32, Vec<&DataFile>> = BTreeMap::new();
    let small = files
        .iter()
        .filter(|file| file.bytes < limits.file_bytes_max);
    for (day, file) in small.filter_map(|file| Some((day_of(file)?, file))) {
        days.entry(day).or_default().push(file);
    }
    let merge = |(day, mut files): (i32, Vec<&DataFile>)| {
        files.sort_by(|a, b| (a.bytes, &a.key).cmp(&(b.bytes, &b.key)));
        let over = is_over(day, &files, now, limits);
        let taken = match over {
            true => rest(&files, limits),
            false if files.len() >= limits.files_min.max(2) => tier(&files, limits),
            false => 0,
        };
        let keys = files[..taken].iter().map(|file| file.key.clone());
        (taken > 1).then(|| Merge {
            day,
            keys: keys.collect(),
            over,
        })
    };
    days.into_iter().filter_map(merge).collect()
}

/// Files that wait for a merge: those of days that have more than one.
pub(crate) fn waiting(files: &[DataFile], limits: &CompactLimits) -> usize {
    let mut days: BTreeMap<i32, usize> = BTreeMap::new();
    let small = files
        .iter()
        .filter(|file| file.bytes < limits.file_bytes_max);
    small
        .filter_map(day_of)
        .for_each(|day| *days.entry(day).or_default() += 1);
    days.into_values().filter(|count| *count > 1).sum()
}

fn is_over(day: i32, files: &[&DataFile], now: Timestamp, limits: &CompactLimits) -> bool {
    let quiet = limits.quiet.as_micros() as i64;
    let end = (i64::from(day) + 1).saturating_mul(DAY_MICROS);
    let last = files.iter().filter_map(|file| written_ms(file)).max();
    let last = last.map_or(i64::MIN, |ms| (ms as i64).saturating_mul(1_000));
    end.max(last).saturating_add(quiet) <= now.0
}

/// How many of the files, smallest first, make a merge that is worth its work.
fn tier(files: &[&DataFile], limits: &CompactLimits) -> usize {
    let (mut taken, mut bytes) = (0, 0);
    for file in files.iter().take(limits.fan_in_max) {
        let worth = taken < limits.files_min / 2 || file.bytes <= bytes;
        if !worth || (taken > 1 && bytes + file.bytes > 2 * limits.file_bytes_max) {
            break;
        }
        (taken, bytes) = (taken + 1, bytes + file.bytes);
    }
    taken
}

/// The same for a day that is over: all, as far as one merge goes, unless a rest is too little to
/// rewrite a large file for.
fn rest(files: &[&DataFile], limits: &CompactLimits) -> usize {
    const RATIO: u64 = 16;
    let (mut taken, mut bytes) = (0, 0);
    for file in files.iter().take(limits.fan_in_max) {
        let dear = taken > 0 && taken < 8 && file.bytes > RATIO * bytes;
        if dear || (taken > 1 && bytes + file.bytes > 2 * limits.file_bytes_max) {
            break;
        }
        (taken, bytes) = (taken + 1, bytes + file.bytes);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(20_000 * DAY_MICROS + DAY_MICROS / 2);

    fn file(day: i64, n: usize, bytes: u64) -> DataFile {
        let at = day * DAY_MICROS + n as i64;
        DataFile {
            key: format!("data/{day}-{n:04}.parquet"),
            bytes,
            rows: 1,
            time: Some((at, at)),
        }
    }

    fn sizes(files: &[DataFile], limits: &CompactLimits) -> Vec<(i32, usize)> {
        let merges = due(files, NOW, limits).into_iter();
        merges.map(|merge| (merge.day, merge.keys.len())).collect()
    }

    #[test]
    fn a_day_under_way_waits_for_many_files_and_one_that_is_over_for_none() {
        let limits = CompactLimits::default();
        let mut files: Vec<_> = (0..49).map(|n| file(20_000, n, 100)).collect();
        assert_eq!(sizes(&files, &limits), []);
        files.push(file(20_000, 49, 100));
        assert_eq!(sizes(&files, &limits), [(20_000, 50)]);
        files.extend([file(19_999, 0, 7), file(19_999, 1, 7), file(19_998, 0, 7)]);
        assert_eq!(sizes(&files, &limits), [(19_999, 2), (20_000, 50)]);
        assert_eq!(waiting(&files, &limits), 52);
    }

    #[test]
    fn a_large_file_is_rewritten_only_when_as_much_has_come_beside_it() {
        let limits = CompactLimits::default();
        let (mut files, mut rewritten, mut came) = (Vec::new(), 0, 0);
        for n in 0..2_880 {
            files.push(file(20_000, n, 100));
            came += 100;
            if let Some(merge) = due(&files, NOW, &limits).pop() {
                let (old, rest): (Vec<_>, Vec<_>) = files
                    .drain(..)
                    .partition(|file| merge.keys.contains(&file.key));
                let bytes = old.iter().map(|file| file.bytes).sum();
                rewritten += bytes;
                files = rest;
                files.push(file(20_000, 10_000 + n, bytes));
            }
        }
        assert!(files.len() < 60, "{}", files.len());
        assert!(rewritten < 8 * came, "{rewritten} of {came}");
    }

    #[test]
    fn full_files_stay_and_a_merge_has_an_end() {
        let limits = CompactLimits {
            file_bytes_max: 1_000,
            ..CompactLimits::default()
        };
        let mut files: Vec<_> = (0..100).map(|n| file(20_000, n, 90)).collect();
        files.push(file(20_000, 200, 1_000));
        assert_eq!(sizes(&files, &limits), [(20_000, 22)]);
        let over = [
            file(19_000, 0, 1),
            file(19_000, 1, 900),
            file(19_000, 2, 950),
        ];
        assert_eq!(sizes(&over, &limits), [], "a byte is not worth a rewrite");
    }
}
