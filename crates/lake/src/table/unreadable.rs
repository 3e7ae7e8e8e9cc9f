// SPDX-License-Identifier: Apache-2.0
//! Data files that can't be read: merges go on without them, and they are named until they can be
//! read again. Nothing is lost by that: they stay in the table, and statements on them say which
//! file is damaged.

use std::collections::{BTreeMap, HashSet};

use hw_kernel::port::tables::DataFile;

use super::LakeTable;
use super::source::Unreadable;

/// The files of a table that can't be read.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    /// Why, by key.
    files: BTreeMap<String, String>,
    /// Keys that somebody was told of.
    told: HashSet<String>,
}

impl LakeTable {
    /// Leaves a file out of merges.
    pub(super) fn leave_out(&self, file: Unreadable) {
        self.left_out.lock().files.insert(file.key, file.cause);
    }

    /// Files that merges may take.
    pub(super) fn readable(&self, files: &[DataFile]) -> Vec<DataFile> {
        let mut left_out = self.left_out.lock();
        // Retention may have dropped some.
        left_out
            .files
            .retain(|key, _| files.iter().any(|file| file.key == *key));
        let readable = files
            .iter()
            .filter(|file| !left_out.files.contains_key(&file.key));
        readable.cloned().collect()
    }

    /// Tries them again with the next merge.
    pub fn take_in_again(&self) {
        self.left_out.lock().files.clear();
    }

    /// Files that merges leave out.
    pub fn unreadable_files(&self) -> Vec<Unreadable> {
        let left_out = self.left_out.lock();
        let files = left_out.files.iter();
        let file = files.map(|(key, cause)| Unreadable {
            key: key.clone(),
            cause: cause.clone(),
        });
        file.collect()
    }

    /// Those of them that this was not asked for before.
    pub fn newly_unreadable(&self) -> Vec<Unreadable> {
        let files = self.unreadable_files();
        let told = &mut self.left_out.lock().told;
        files
            .into_iter()
            .filter(|file| told.insert(file.key.clone()))
            .collect()
    }
}
