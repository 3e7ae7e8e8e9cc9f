// SPDX-License-Identifier: Apache-2.0
//! Caps: what may go when, what is refused, and what a reader who comes too late is told.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hw_kernel::Log;
use hw_kernel::port::log::{LogError, Stream};
use hw_kernel::port::position::Position;
use hw_kernel::testkit::clock::SimulatedClock;
use hw_kernel::testkit::log_suite::{append, batch, sequences};
use hw_log::{Class, SegmentLog, Settings};
use hw_model::Timestamp;

use crate::support::{all, body, fill, open, segments, small};

#[tokio::test]
async fn trimmed_segments_go_and_offsets_stay() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path(), small());
    let middle = fill(&log, 1..=30).await;
    let end = fill(&log, 31..=60).await;
    let before = log.status();
    log.trim(Stream::MESSAGES, &middle).await.expect("trimmed");
    let after = log.status();
    assert!(after.segments < before.segments && after.bytes < before.bytes);
    assert_eq!(after.segments as usize, segments(dir.path()).len());
    assert_eq!(sequences(&all(&log, &middle).await).len(), 30);
    let from_start = all(&log, &Position::start()).await;
    assert_eq!(from_start.lost, [], "who begins takes what there is");
    log.trim(Stream::MESSAGES, &end).await.expect("trimmed");
    drop(log);
    let log = open(dir.path(), small());
    let read = all(&log, &end).await;
    assert_eq!((sequences(&read), read.lost), (vec![], vec![]));
    fill(&log, 61..=61).await;
    assert_eq!(sequences(&all(&log, &end).await), [61]);
    let early: Position = {
        let (partition, _) = end.0.first_key_value().expect("one stream");
        Position([(*partition, 5)].into())
    };
    let lost = all(&log, &early).await.lost;
    assert_eq!(lost.len(), 1, "who stood before what was let go is told");
}

/// A stream without a reader that pins goes with the others; one with a cap is told.
#[tokio::test]
async fn caps_by_class() {
    let dir = tempfile::tempdir().expect("a folder");
    let class = |stream, pins, bytes_max| Class {
        streams: vec![stream],
        pins,
        bytes_max,
        age_max: None,
    };
    let settings = Settings {
        classes: vec![
            class(Stream::MESSAGES, true, Some(3_000)),
            class(Stream::EVENTS, false, None),
        ],
        ..small()
    };
    let log = open(dir.path(), settings.clone());
    let first = fill(&log, 1..=1).await;
    for sequence in 2..=100 {
        let record = batch(Stream::EVENTS, sequence, &body(sequence));
        append(&log, record).await.expect("appended");
        fill(&log, sequence..=sequence).await;
    }
    assert!(log.status().bytes < 6_000, "{:?}", log.status());
    for log in [log, open(&copy_of(dir.path()), settings.clone())] {
        for after in [&Position::start(), &first] {
            let read = all(&log, after).await;
            let found = sequences(&read);
            assert!(found.len() > 10 && found.ends_with(&[99, 100]));
            assert_eq!(read.lost.len(), 1);
            assert!(read.lost[0].cause.contains("limit") && read.lost[0].bytes > 10_000);
        }
    }
}

/// A copy that outlives the test's own folder only as long as the test runs.
fn copy_of(dir: &Path) -> std::path::PathBuf {
    let to = dir.join("copy");
    std::fs::create_dir(&to).expect("made");
    crate::support::copy(dir, &to);
    to
}

#[tokio::test]
async fn old_segments_go_by_age() {
    let dir = tempfile::tempdir().expect("a folder");
    let class = Class {
        streams: vec![Stream::MESSAGES],
        pins: true,
        bytes_max: None,
        age_max: Some(Duration::from_secs(3600)),
    };
    let settings = Settings {
        classes: vec![class],
        ..small()
    };
    let clock = SimulatedClock::at(Timestamp(0));
    let log = SegmentLog::open(dir.path(), settings, Arc::new(clock.clone())).expect("opens");
    fill(&log, 1..=30).await;
    let before = log.status().segments;
    clock.advance(Duration::from_secs(3599));
    log.trim(Stream::EVENTS, &log.end())
        .await
        .expect("nothing to do");
    assert_eq!(log.status().segments, before);
    clock.advance(Duration::from_secs(2));
    let far = fill(&log, 31..=60).await;
    let none = Position(far.0.into_keys().map(|partition| (partition, 1)).collect());
    log.trim(Stream::MESSAGES, &none).await.expect("trimmed");
    assert_eq!(log.status().segments, 1);
}

#[tokio::test]
async fn beyond_the_cap_intake_stops_until_somebody_reads() {
    let dir = tempfile::tempdir().expect("a folder");
    let settings = Settings {
        bytes_max: 4_000,
        ..small()
    };
    let log = open(dir.path(), settings);
    let mut position = Position::start();
    let mut taken = 0;
    let refusal = loop {
        let record = batch(Stream::MESSAGES, taken + 1, &body(taken + 1));
        match append(&log, record).await {
            Ok(at) => position = at,
            Err(refusal) => break refusal,
        }
        taken += 1;
    };
    assert!(matches!(refusal, LogError::Full) && taken > 20);
    assert_eq!(
        sequences(&all(&log, &Position::start()).await).len() as u64,
        taken
    );
    log.trim(Stream::MESSAGES, &position)
        .await
        .expect("trimmed");
    fill(&log, 100..=105).await;
    assert_eq!(
        sequences(&all(&log, &position).await),
        (100..=105).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn closing_answers_everybody_and_reading_goes_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path(), small());
    let end = fill(&log, 1..=5).await;
    log.close();
    log.wait(&end).await;
    let late = append(&log, batch(Stream::MESSAGES, 6, b"late")).await;
    assert!(matches!(late, Err(LogError::Closed)));
    assert_eq!(
        sequences(&all(&log, &Position::start()).await),
        [1, 2, 3, 4, 5]
    );
}
