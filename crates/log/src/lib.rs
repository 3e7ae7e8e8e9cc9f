// SPDX-License-Identifier: Apache-2.0
//! Adapters of the log port: segment files with one writer thread and group commit.
//!
//! Knows records' envelopes; must not know what their bodies say.
//!
//! A folder holds `life` (epoch and salt of this storage), `lock`, `trims` and segments named by
//! the offset of their first byte. A segment is a header, records one behind the other, and, once
//! nothing is added to it, a seal that lists its streams. Offsets count bytes over all segments.

mod active;
mod closed;
mod copy;
mod disk;
mod durable;
mod error;
mod folder;
mod format;
mod image;
mod lenient;
mod life;
mod log;
mod queue;
mod reader;
pub mod recovery;
mod resolver;
pub mod restored;
mod retention;
#[cfg(test)]
mod sample;
mod scrub;
mod segments;
mod settings;
mod summary;
mod sums;
mod trims;
mod watch;
mod writer;

pub use error::OpenError;
pub use format::FORMAT;
pub use log::SegmentLog;
pub use recovery::{Quarantined, Recovery};
pub use resolver::open_url;
pub use settings::{Class, Scrubbing, Settings};
