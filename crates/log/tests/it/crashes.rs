// SPDX-License-Identifier: Apache-2.0
//! What a killed process leaves: nothing acknowledged is lost, and a reader goes on where it was.

use std::path::Path;
use std::sync::Arc;

use hw_kernel::port::clock::SystemClock;
use hw_kernel::port::position::Position;
use hw_kernel::testkit::log_suite::sequences;
use hw_log::{OpenError, SegmentLog};

use crate::support::{
    HEADER_BYTES, all, change, crash_image, everything, fill, large, open, segments, small,
};

#[tokio::test]
async fn a_killed_log_has_all_and_goes_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path(), small());
    let middle = fill(&log, 1..=20).await;
    fill(&log, 21..=40).await;
    let image = crash_image(dir.path());
    for round in 0..3 {
        let again = open(image.path(), small());
        assert_eq!(again.recovery().truncated_bytes, 0);
        assert!(again.recovery().was_left_open || round > 0);
        assert_eq!(everything(&again).await, ((1..=40 + round).collect(), 0));
        let rest = all(&again, &middle).await;
        assert_eq!(sequences(&rest), (21..=40 + round).collect::<Vec<_>>());
        let read_all = rest.next;
        fill(&again, 41 + round..=41 + round).await;
        let last = all(&again, &read_all).await;
        assert_eq!((sequences(&last), last.lost), (vec![41 + round], vec![]));
    }
}

#[tokio::test]
async fn crash_after_crash() {
    let mut image = tempfile::tempdir().expect("a folder");
    let mut position = Position::start();
    for round in 1..=10 {
        let log = open(image.path(), large());
        let read = all(&log, &position).await;
        let expected: Vec<_> = if round == 1 { vec![] } else { vec![round - 1] };
        assert_eq!((sequences(&read), read.lost), (expected, vec![]));
        position = read.next;
        fill(&log, round..=round).await;
        image = crash_image(image.path());
    }
    assert_eq!(everything(&open(image.path(), large())).await.1, 0);
}

#[tokio::test]
async fn a_torn_tail_is_cut_and_said() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path(), large());
    let position = fill(&log, 1..=5).await;
    let image = crash_image(dir.path());
    let newest = segments(image.path()).pop().expect("a segment");
    change(&newest, |bytes| {
        let half = bytes[HEADER_BYTES..HEADER_BYTES + 60].to_vec();
        bytes.extend(half);
    });
    let again = open(image.path(), large());
    assert_eq!(again.recovery().truncated_bytes, 60);
    assert!(again.recovery().quarantined.is_empty());
    assert_eq!(everything(&again).await, ((1..=5).collect(), 0));
    fill(&again, 6..=6).await;
    assert_eq!(sequences(&all(&again, &position).await), [6]);
}

/// Whatever of the end is gone, a reader that had read it gets what comes later, all of it.
#[tokio::test]
async fn a_lost_end_does_not_hide_what_comes() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path(), large());
    let position = fill(&log, 1..=3).await;
    let image = crash_image(dir.path());
    let length = segments(image.path())[0].metadata().expect("there").len() as usize;
    for cut in (0..length).step_by(23) {
        let image = crash_image(dir.path());
        change(&segments(image.path())[0], |bytes| bytes.truncate(cut));
        let again = open(image.path(), large());
        fill(&again, 10..=12).await;
        let (found, lost) = everything(&again).await;
        let whole = (cut.saturating_sub(HEADER_BYTES)) / ((length - HEADER_BYTES) / 3);
        let expected: Vec<_> = (1..=whole as u64).chain(10..=12).collect();
        assert_eq!(found, expected, "{cut}");
        assert!(lost < 300, "{cut}: {lost}");
        let read = all(&again, &position).await;
        assert_eq!(sequences(&read), [10, 11, 12], "{cut}");
    }
}

#[tokio::test]
async fn after_a_failed_sync_the_newest_segment_is_written_anew() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path(), large());
    fill(&log, 1..=5).await;
    let image = crash_image(dir.path());
    std::fs::write(image.path().join("failed"), b"").expect("written");
    let inode = |path: &Path| {
        use std::os::unix::fs::MetadataExt;
        path.metadata().expect("there").ino()
    };
    let before = inode(&segments(image.path())[0]);
    let again = open(image.path(), large());
    assert_ne!(inode(&segments(image.path())[0]), before);
    assert!(!image.path().join("failed").exists());
    assert_eq!(everything(&again).await, ((1..=5).collect(), 0));
    assert!(again.recovery().quarantined.is_empty());
}

#[tokio::test]
async fn one_process_and_no_newer_format() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path(), large());
    let clock = || Arc::new(SystemClock::default());
    let second = SegmentLog::open(dir.path(), large(), clock());
    assert!(matches!(second, Err(OpenError::InUse(_))));
    fill(&log, 1..=1).await;
    drop(log);
    let path = segments(dir.path()).remove(0);
    change(&path, |bytes| {
        bytes[8] = 2;
        let checksum = crc32c::crc32c(&bytes[..60]);
        bytes[60..64].copy_from_slice(&checksum.to_le_bytes());
    });
    let newer = SegmentLog::open(dir.path(), large(), clock());
    assert!(matches!(newer, Err(OpenError::Newer { version: 2, .. })));
}
