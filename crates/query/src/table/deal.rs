// SPDX-License-Identifier: Apache-2.0
//! Which partition reads which part of which file.
//!
//! All partitions read the newest file first, together: what asks for the latest rows then knows
//! soon that older files hold none, and skips them unopened.

use std::cmp::Reverse;
use std::ops::Range;

use hw_kernel::port::tables::DataFile;

/// Rows that a part has at least: a row group of a merged file, and readers divide no row group.
const PART_ROWS: u64 = 256 << 10;

/// A file, or the row groups of it that begin in a range of its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub file: &'a DataFile,
    pub bytes: Option<Range<u64>>,
}

/// Deals `files` out to so many `partitions`, those without any left out.
pub(super) fn deal<'a>(files: &[&'a DataFile], partitions: usize) -> Vec<Vec<Part<'a>>> {
    let mut newest = files.to_vec();
    newest.sort_by_key(|file| Reverse(file.time.map(|(_, last)| last)));
    let partitions = partitions.max(1);
    let mut hands = vec![(0, Vec::new()); partitions];
    let mut divided = 0;
    for file in newest {
        if partitions > 1 && file.rows / PART_ROWS >= partitions as u64 {
            // More row groups begin in the first part than in the last: each has its turn with it.
            for (hand, (bytes, parts)) in hands.iter_mut().enumerate() {
                let range = part(file.bytes, (hand + divided) % partitions, partitions);
                *bytes += range.end - range.start;
                let bytes = Some(range);
                parts.push(Part { file, bytes });
            }
            divided += 1;
        } else if let Some((bytes, parts)) = hands.iter_mut().min_by_key(|(bytes, _)| *bytes) {
            *bytes += file.bytes;
            parts.push(Part { file, bytes: None });
        }
    }
    let dealt = hands.into_iter().map(|(_, parts)| parts);
    dealt.filter(|parts| !parts.is_empty()).collect()
}

fn part(bytes: u64, number: usize, of: usize) -> Range<u64> {
    let edge = |number| (u128::from(bytes) * number as u128 / of as u128) as u64;
    edge(number)..edge(number + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(key: &str, last: i64, rows: u64, bytes: u64) -> DataFile {
        DataFile {
            key: key.into(),
            rows,
            bytes,
            time: Some((0, last)),
        }
    }

    fn names(hand: &[Part<'_>]) -> Vec<String> {
        let name = |part: &Part<'_>| match &part.bytes {
            Some(range) => format!("{} {range:?}", part.file.key),
            None => part.file.key.to_string(),
        };
        hand.iter().map(name).collect()
    }

    #[test]
    fn all_begin_with_the_newest() {
        let old = file("old", 1, 1_000_000, 101);
        let new = file("new", 3, 1_000_000, 11);
        let small = file("small", 2, 10, 50);
        let dealt = deal(&[&old, &small, &new], 2);
        assert_eq!(names(&dealt[0]), ["new 0..5", "small", "old 50..101"]);
        assert_eq!(names(&dealt[1]), ["new 5..11", "old 0..50"]);
        let dealt = deal(&[&old, &small, &new], 1);
        assert_eq!(names(&dealt[0]), ["new", "small", "old"]);
        assert_eq!(deal(&[&small], 4).len(), 1);
        assert!(deal(&[], 4).is_empty());
    }

    proptest! {
        #[test]
        fn each_byte_is_read_once(
            files in prop::collection::vec((0..9_i64, 0..3_000_000_u64, 1..900_u64), 0..12),
            partitions in 0..9_usize,
        ) {
            let files: Vec<_> = files
                .iter()
                .enumerate()
                .map(|(n, (last, rows, bytes))| file(&n.to_string(), *last, *rows, *bytes))
                .collect();
            let dealt = deal(&files.iter().collect::<Vec<_>>(), partitions);
            prop_assert!(dealt.len() <= partitions.max(1));
            for file in &files {
                let mut read = vec![0; file.bytes as usize];
                for part in dealt.iter().flatten().filter(|part| part.file.key == file.key) {
                    let range = part.bytes.clone().unwrap_or(0..file.bytes);
                    read[range.start as usize..range.end as usize]
                        .iter_mut()
                        .for_each(|times| *times += 1);
                }
                prop_assert!(read.iter().all(|times| *times == 1));
            }
            for hand in &dealt {
                let times: Vec<_> = hand.iter().map(|part| Reverse(part.file.time)).collect();
                prop_assert!(times.is_sorted());
            }
        }
    }
}
