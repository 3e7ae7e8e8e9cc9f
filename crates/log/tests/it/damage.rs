// SPDX-License-Identifier: Apache-2.0
//! Damage in the middle: the file is put aside, what is good stays, and what is lost is said.

use hw_kernel::Log;
use hw_kernel::port::log::Stream;
use hw_kernel::port::position::Position;
use hw_kernel::testkit::log_suite::sequences;

use crate::support::{
    HEADER_BYTES, all, change, crash_image, everything, fill, large, open, segments, small,
};

/// Bytes of a record of [`fill`].
fn record_bytes(image: &std::path::Path, records: usize) -> usize {
    let length = segments(image)[0].metadata().expect("there").len() as usize;
    (length - HEADER_BYTES) / records
}

/// A bit flipped anywhere in the newest segment: only the record that has it is gone, and the next
/// open finds the same.
#[tokio::test]
async fn a_flipped_bit_anywhere() {
    const RECORDS: u64 = 4;
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path(), large());
    fill(&log, 1..=RECORDS).await;
    let size = record_bytes(dir.path(), RECORDS as usize);
    for at in (0..HEADER_BYTES + size * RECORDS as usize).step_by(37) {
        let image = crash_image(dir.path());
        change(&segments(image.path())[0], |bytes| bytes[at] ^= 4);
        let hit = at
            .checked_sub(HEADER_BYTES)
            .map(|at| (at / size) as u64 + 1);
        let is_torn = hit == Some(RECORDS);
        for round in 1..=3 {
            let again = open(image.path(), large());
            let whole = (1..=RECORDS).filter(|sequence| Some(*sequence) != hit);
            let expected: Vec<_> = whole.chain(10..10 + round - 1).collect();
            let is_lost = hit.is_some() && !is_torn;
            let lost = if is_lost { size as u64 } else { 0 };
            assert_eq!(everything(&again).await, (expected, lost), "{at} {round}");
            let quarantined = again.status().quarantined.len();
            assert_eq!(quarantined, usize::from(!is_torn), "{at} {round}");
            if round == 1 {
                let report = again.recovery();
                assert_eq!(
                    report.truncated_bytes,
                    if is_torn { size as u64 } else { 0 }
                );
                let lost_bytes = report.quarantined.first().map_or(0, |q| q.lost_bytes);
                assert_eq!(lost_bytes, lost, "{at}");
            }
            fill(&again, 9 + round..=9 + round).await;
        }
    }
}

/// A run that ends while it puts a segment aside has left pieces: the next one does it again.
#[tokio::test]
async fn putting_aside_can_be_interrupted() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path(), large());
    fill(&log, 1..=5).await;
    let image = crash_image(dir.path());
    let old = segments(image.path()).remove(0);
    let size = record_bytes(dir.path(), 5);
    change(&old, |bytes| bytes[HEADER_BYTES + size + 50] ^= 1);
    let damaged = std::fs::read(&old).expect("there");
    drop(open(image.path(), large()));
    // As if the old name had not been given to the first piece yet.
    std::fs::write(&old, damaged).expect("written");
    let again = open(image.path(), large());
    assert_eq!(everything(&again).await, (vec![1, 3, 4, 5], size as u64));
}

/// Damage in a segment that was sealed long ago shows when it is read.
#[tokio::test]
async fn found_while_reading() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path(), small());
    fill(&log, 1..=40).await;
    let middle = segments(dir.path()).remove(2);
    change(&middle, |bytes| bytes[HEADER_BYTES + 200] ^= 1);
    for _ in 0..2 {
        let (found, lost) = everything(&log).await;
        assert_eq!((found.len(), found.is_sorted()), (39, true));
        assert!((90..200).contains(&lost), "{lost}");
    }
    let name = middle.file_name().and_then(|n| n.to_str()).expect("a name");
    assert_eq!(log.status().quarantined, [name], "once");
    assert!(dir.path().join("quarantine").join(name).exists());
    let first = log.read(&[Stream::MESSAGES], &Position::start(), 1).await;
    assert_eq!(
        first.expect("read").lost,
        [],
        "a loss is told where it lies"
    );
}

#[tokio::test]
async fn files_that_are_cut_zeroed_or_gone() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path(), small());
    let position = fill(&log, 1..=60).await;
    let files = segments(dir.path());
    change(&files[1], |bytes| bytes.truncate(HEADER_BYTES + 10));
    change(&files[3], |bytes| bytes.fill(0));
    std::fs::remove_file(&files[5]).expect("removed");
    let (running, lost) = everything(&log).await;
    assert!(running.is_sorted() && running.len() >= 60 - 3 * 10 && running.len() < 60);
    assert!((1_800..3_000).contains(&lost), "{lost}");
    let image = crash_image(dir.path());
    let again = open(image.path(), small());
    assert_eq!(everything(&again).await, (running, lost), "as before");
    fill(&again, 61..=61).await;
    assert_eq!(sequences(&all(&again, &position).await), [61]);
}

#[tokio::test]
async fn the_identity_is_kept_twice() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path(), large());
    let position = fill(&log, 1..=5).await;
    drop(log);
    std::fs::remove_file(dir.path().join("life")).expect("removed");
    let log = open(dir.path(), large());
    fill(&log, 6..=6).await;
    assert_eq!(sequences(&all(&log, &position).await), [6]);
    drop(log);
    // A folder begun anew is another log: old positions are not taken for its own.
    std::fs::remove_dir_all(dir.path()).expect("removed");
    let log = open(dir.path(), large());
    fill(&log, 1..=9).await;
    let read = all(&log, &position).await;
    assert_eq!(sequences(&read), (1..=9).collect::<Vec<_>>());
    assert_eq!(read.lost.len(), 1);
    assert!(all(&log, &read.next).await.lost.is_empty(), "told once");
}

/// After a clean close a shorter log is damage, and said; after a crash nobody can tell.
#[tokio::test]
async fn an_end_that_is_gone_after_a_close_is_said() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path(), large());
    fill(&log, 1..=5).await;
    drop(log);
    let newest = segments(dir.path()).pop().expect("a segment");
    change(&newest, |bytes| bytes.truncate(bytes.len() / 2));
    let again = open(dir.path(), large());
    assert!(again.recovery().missing_bytes > 0);
    let (found, _) = everything(&again).await;
    assert!(found.len() < 5 && found.iter().copied().eq(1..=found.len() as u64));
    drop(again);
    let clean = open(dir.path(), large());
    assert_eq!(clean.recovery().missing_bytes, 0);
}

/// What was trimmed is not missing.
#[tokio::test]
async fn a_log_that_was_let_go_misses_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path(), small());
    let end = fill(&log, 1..=40).await;
    log.trim(Stream::MESSAGES, &end).await.expect("trimmed");
    drop(log);
    for _ in 0..3 {
        assert_eq!(open(dir.path(), small()).recovery().missing_bytes, 0);
    }
}
