// SPDX-License-Identifier: Apache-2.0
//! A log in a temporary folder, and copies of it as a crash would leave it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hw_kernel::Log;
use hw_kernel::port::clock::SystemClock;
use hw_kernel::port::log::{Read, Stream};
use hw_kernel::port::position::Position;
use hw_kernel::testkit::log_suite::{append, batch, sequences};
use hw_log::{SegmentLog, Settings};
use tempfile::TempDir;

pub const HEADER_BYTES: usize = 64;

/// Small segments, so that a few records fill several.
pub fn small() -> Settings {
    Settings {
        segment_bytes: 1_000,
        sync_gap: Duration::from_micros(100),
        ..Settings::default()
    }
}

/// Everything in one segment.
pub fn large() -> Settings {
    Settings {
        sync_gap: Duration::from_micros(100),
        ..Settings::default()
    }
}

/// Opens the log in `dir`.
pub fn open(dir: &Path, settings: Settings) -> SegmentLog {
    SegmentLog::open(dir, settings, Arc::new(SystemClock::default())).expect("opens")
}

/// Appends records with these sequences, each of about 100 bytes; gives the last one's position.
pub async fn fill(log: &dyn Log, sequences: std::ops::RangeInclusive<u64>) -> Position {
    let mut position = Position::start();
    for sequence in sequences {
        let record = batch(Stream::MESSAGES, sequence, &body(sequence));
        position = append(log, record).await.expect("appended");
    }
    position
}

/// What a record holds.
pub fn body(sequence: u64) -> Vec<u8> {
    format!("body of {sequence:050}").into_bytes()
}

/// Reads all messages after a position; what they hold must be what was appended.
pub async fn all(log: &dyn Log, after: &Position) -> Read {
    let read = log.read(&[Stream::MESSAGES], after, usize::MAX).await;
    let read = read.expect("read");
    for record in read.records() {
        assert_eq!(record.body, body(record.envelope.trace.sequence));
    }
    read
}

/// All messages, read on and on behind losses too; the sequences and the bytes that were lost.
pub async fn everything(log: &dyn Log) -> (Vec<u64>, u64) {
    let (mut at, mut found, mut lost) = (Position::start(), Vec::new(), 0);
    loop {
        let read = all(log, &at).await;
        if read.bytes.is_empty() && read.lost.is_empty() {
            return (found, lost);
        }
        found.extend(sequences(&read));
        lost += read.lost.iter().map(|loss| loss.bytes).sum::<u64>();
        at = read.next;
    }
}

/// A copy of a log's files while it runs: what a killed process leaves.
pub fn crash_image(dir: &Path) -> TempDir {
    let image = tempfile::tempdir().expect("a folder");
    copy(dir, image.path());
    image
}

/// Copies the files of a log.
pub fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            let name = path.file_name().expect("a name");
            std::fs::copy(&path, to.join(name)).expect("copied");
        }
    }
}

/// The segment files, oldest first.
pub fn segments(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut segments: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|e| e == "seg"))
        .collect();
    segments.sort();
    segments
}

/// Changes a file's bytes.
pub fn change(path: &Path, how: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).expect("there");
    how(&mut bytes);
    std::fs::write(path, bytes).expect("written");
}
