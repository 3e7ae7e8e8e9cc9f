// SPDX-License-Identifier: Apache-2.0
//! What a round of upkeep did to a table, in figures.

use serde::Serialize;

/// What compaction did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Compacted {
    /// Merges of files of a day; a day may take several, one behind the other.
    pub merges: u64,
    /// Files that went.
    pub files_before: u64,
    /// Files that came.
    pub files_after: u64,
    /// Rows in them.
    pub rows: u64,
    /// Bytes of the files that went.
    pub bytes_before: u64,
    /// Bytes of the files that came.
    pub bytes_after: u64,
}

impl std::ops::AddAssign for Compacted {
    fn add_assign(&mut self, other: Self) {
        self.merges += other.merges;
        self.files_before += other.files_before;
        self.files_after += other.files_after;
        self.rows += other.rows;
        self.bytes_before += other.bytes_before;
        self.bytes_after += other.bytes_after;
    }
}

/// What expiry did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Expired {
    /// Snapshots dropped.
    pub snapshots: u64,
    /// Snapshots that are left.
    pub left: u64,
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// Objects deleted.
    pub objects: u64,
    /// Bytes of them.
    pub bytes: u64,
}

/// What retention did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Retained {
    /// Days dropped.
    pub days: u64,
    /// Files of them.
    pub files: u64,
    /// Rows in these files.
    pub rows: u64,
    /// Bytes of these files.
    pub bytes: u64,
}
