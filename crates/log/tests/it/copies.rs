// SPDX-License-Identifier: Apache-2.0
//! Copies of a log that is written and trimmed meanwhile, and what a copy becomes.

use std::path::Path;
use std::sync::Arc;

use hw_kernel::Log;
use hw_kernel::port::log::{LogContent, LogCopy, Stream};
use hw_kernel::port::position::Position;
use hw_kernel::testkit::log_suite::sequences;
use hw_log::{SegmentLog, Settings, restored};

use crate::support::{all, fill, large, open, small};

/// Puts a copy into a folder as a restore would.
fn put(copy: &LogCopy, dir: &Path) {
    for file in &copy.files {
        let bytes = match &file.content {
            LogContent::Bytes(bytes) => bytes.clone(),
            LogContent::Head { path, bytes } => {
                let mut whole = std::fs::read(path).expect("held");
                whole.truncate(*bytes as usize);
                whole
            }
        };
        std::fs::write(dir.join(&file.name), bytes).expect("written");
    }
}

async fn copied(settings: Settings) {
    let (from, to) = (
        tempfile::tempdir().expect("a"),
        tempfile::tempdir().expect("b"),
    );
    let log: Arc<dyn Log> = Arc::new(open(from.path(), settings.clone()));
    let early = fill(&*log, 1..=40).await;
    let hold = log.hold();
    log.trim(Stream::MESSAGES, &early).await.expect("trimmed");
    let end = fill(&*log, 41..=60).await;
    let copy = log.copy().await.expect("copied");
    fill(&*log, 61..=90).await;
    assert_eq!(copy.position, end);
    put(&copy, to.path());
    drop(hold);

    let again = open(to.path(), settings);
    assert_eq!(again.end(), end, "no more and no less");
    let read = all(&again, &Position::start()).await;
    assert_eq!(sequences(&read), (1..=60).collect::<Vec<_>>());
    assert_eq!(read.lost, []);
    log.trim(Stream::MESSAGES, &log.end())
        .await
        .expect("trimmed");
    fill(&*log, 91..=140).await;
    log.trim(Stream::MESSAGES, &end).await.expect("trimmed");
    assert!(log.status().segments < 90, "space is freed again");
}

#[tokio::test]
async fn a_copy_holds_what_is_durable_though_it_was_let_go() {
    copied(small()).await;
    copied(large()).await;
}

#[tokio::test]
async fn a_copy_of_nothing_is_a_log() {
    let (from, to) = (
        tempfile::tempdir().expect("a"),
        tempfile::tempdir().expect("b"),
    );
    let log = open(from.path(), small());
    put(&log.copy().await.expect("copied"), to.path());
    assert_eq!(open(to.path(), small()).end(), Position::start());
}

/// Fills a log, closes it as a crash would not, and gives its positions by sequence.
async fn written(dir: &Path, settings: Settings) -> Vec<Position> {
    let log = open(dir, settings);
    let mut positions = vec![Position::start()];
    for sequence in 1..=30 {
        positions.push(fill(&log, sequence..=sequence).await);
    }
    positions
}

async fn seen(log: &SegmentLog) -> Vec<u64> {
    sequences(&all(log, &Position::start()).await)
}

#[tokio::test]
async fn a_log_is_cut_at_any_position_and_goes_on_far_beyond() {
    for settings in [small(), large()] {
        for cut in [1_usize, 2, 9, 15, 29, 30] {
            let dir = tempfile::tempdir().expect("a folder");
            let positions = written(dir.path(), settings.clone()).await;
            restored::cut(dir.path(), &positions[cut]).expect("cut");
            restored::move_on(dir.path()).expect("moved on");
            let log = open(dir.path(), settings.clone());
            assert_eq!(log.end(), positions[cut]);
            assert_eq!(seen(&log).await, (1..=cut as u64).collect::<Vec<_>>());
            let next = fill(&log, 100..=100).await;
            let offset = |of: &Position| of.0.values().copied().max().unwrap_or_default();
            let jump = offset(&next) - offset(&positions[30]);
            assert!(jump > restored::JUMP_BYTES / 2, "{jump}");
            let read = all(&log, &positions[cut]).await;
            assert_eq!((sequences(&read), read.lost), (vec![100], vec![]));
            drop(log);
            let log = open(dir.path(), settings.clone());
            assert_eq!(seen(&log).await.last(), Some(&100));
        }
    }
}

#[tokio::test]
async fn a_position_that_is_none_of_this_log_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let positions = written(dir.path(), small()).await;
    let (partition, offset) = positions[10].0.first_key_value().expect("one");
    let at = |offset| Position([(*partition, offset)].into());
    for wrong in [at(offset + 1), at(offset - 1), at(1 << 40)] {
        let refused = restored::cut(dir.path(), &wrong)
            .expect_err("refused")
            .to_string();
        assert!(refused.contains("v1;"), "{refused}");
    }
    let mut other = *partition;
    other.epoch ^= 1;
    let foreign = Position([(other, *offset)].into());
    assert!(restored::cut(dir.path(), &foreign).is_err());
    assert_eq!(open(dir.path(), small()).end(), positions[30], "untouched");
}

#[tokio::test]
async fn times_have_positions() {
    let dir = tempfile::tempdir().expect("a folder");
    let positions = written(dir.path(), small()).await;
    // The suite's records have their sequence as time.
    for time in [1, 7, 29, 30, 99] {
        let found = restored::position_at(dir.path(), time).expect("found");
        assert_eq!(found, positions[time.min(30) as usize], "{time}");
    }
    assert_eq!(
        restored::position_at(dir.path(), 0).expect("found"),
        Position::start()
    );
}
