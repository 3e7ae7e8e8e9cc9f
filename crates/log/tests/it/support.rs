// SPDX-License-Identifier: Apache-2.0
//! A log in a temporary folder.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hw_kernel::port::clock::SystemClock;
use hw_log::{SegmentLog, Settings};

/// Small segments, so that a few records fill several.
pub fn small() -> Settings {
    Settings {
        segment_bytes: 1_000,
        sync_gap: Duration::from_micros(100),
        ..Settings::default()
    }
}

/// Opens the log in `dir`.
pub fn open(dir: &Path, settings: Settings) -> SegmentLog {
    SegmentLog::open(dir, settings, Arc::new(SystemClock::default())).expect("opens")
}
