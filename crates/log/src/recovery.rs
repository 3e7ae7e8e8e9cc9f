// SPDX-License-Identifier: Apache-2.0
//! What a crash or a bad disk left: scanning segments, cutting a torn tail, putting damaged files
//! aside.

mod folder;
mod mend;
mod scan;

pub(crate) use folder::{Recovered, recover};
pub(crate) use mend::put_aside;
pub(crate) use scan::scan_as;
pub use scan::{Scan, Tail, scan};

/// What opening a log found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Whether the last run had not closed the log.
    pub was_left_open: bool,
    /// Bytes cut off the newest segment: part of a write that was never acknowledged.
    pub truncated_bytes: u64,
    /// Damaged segments that were put aside.
    pub quarantined: Vec<Quarantined>,
    /// Bytes at the end that are gone, though the last run had closed the log with them in it.
    pub missing_bytes: u64,
    /// Bytes that were read and checked.
    pub scanned_bytes: u64,
}

/// A damaged segment that was put aside. What was good in it is still in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Its name in the folder `quarantine`.
    pub file: String,
    /// Bytes that are not in the log any more.
    pub lost_bytes: u64,
}
