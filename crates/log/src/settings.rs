// SPDX-License-Identifier: Apache-2.0
//! Limits of a log, each with a name and a unit.

use std::time::Duration;

use hw_kernel::port::log::Stream;

/// Limits of a log.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A segment that would grow beyond it is sealed and another begun, in bytes. A batch larger
    /// than that gets a segment of its own.
    pub segment_bytes: u64,
    /// Least time from the start of one sync to the start of the next. An idle log syncs at once.
    pub sync_gap: Duration,
    /// Most bytes that wait for the disk; beyond it a batch is refused with
    /// [`hw_kernel::port::log::LogError::Backlog`].
    pub buffered_bytes_max: usize,
    /// Most bytes of all segments; beyond it a batch is refused as on a full disk, until streams
    /// are trimmed. From three quarters of it on, what comes is slowed down, more and more.
    pub bytes_max: u64,
    /// Bytes of the disk that messages leave free, for the catalog and for the tables' commits,
    /// which free the log; on a small disk an eighth of it. With less, batches of messages are
    /// refused as on a full disk, and those of events are not.
    pub free_bytes_min: u64,
    /// How what nobody reads is checked.
    pub scrub: Scrubbing,
    /// What is kept of which streams. A stream in no class is kept until it is trimmed.
    pub classes: Vec<Class>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            sync_gap: Duration::from_micros(1_500),
            buffered_bytes_max: 64 << 20,
            bytes_max: 32 << 30,
            free_bytes_min: 64 << 20,
            scrub: Scrubbing::default(),
            classes: Vec::new(),
        }
    }
}

/// How sealed segments are read again, to find damage before it is needed.
#[derive(Debug, Clone, Copy)]
pub struct Scrubbing {
    /// How long after a start the first pass begins.
    pub first: Duration,
    /// How long after the end of a pass the next one begins.
    pub every: Duration,
    /// How much is read, in bytes a second.
    pub bytes_per_second: u64,
}

impl Default for Scrubbing {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(600),
            every: Duration::from_secs(24 * 3_600),
            bytes_per_second: 8 << 20,
        }
    }
}

/// How long the streams of a class are kept. Space is freed by whole segments, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Class {
    /// The streams.
    pub streams: Vec<Stream>,
    /// Whether a segment waits until these streams are trimmed. If not, they go as soon as the
    /// others let go.
    pub pins: bool,
    /// How many bytes behind the end of the log a segment still waits; `None` is for ever.
    pub bytes_max: Option<u64>,
    /// How old a segment's last record may be while it still waits; `None` is for ever.
    pub age_max: Option<Duration>,
}

/// What holds for a stream in no class.
static UNTIL_TRIMMED: Class = Class {
    streams: Vec::new(),
    pins: true,
    bytes_max: None,
    age_max: None,
};

impl Settings {
    /// What stays free on a disk of `total` bytes.
    pub(crate) fn reserve(&self, total: u64) -> u64 {
        self.free_bytes_min.min(total / 8)
    }

    /// The class of a stream.
    pub(crate) fn class(&self, stream: u16) -> &Class {
        let has = |class: &&Class| class.streams.contains(&Stream(stream));
        self.classes.iter().find(has).unwrap_or(&UNTIL_TRIMMED)
    }
}
