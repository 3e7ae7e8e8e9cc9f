// SPDX-License-Identifier: Apache-2.0
//! Lists of files that were given to readers of this process: as long as one is held, none of its
//! files is swept, however long the query runs.

use std::sync::{Arc, Weak};

use hw_kernel::port::tables::DataFile;

use super::LakeTable;

/// Lists that are still held somewhere, and some that are not.
#[derive(Default)]
pub(super) struct Lent {
    lists: Vec<Weak<[DataFile]>>,
}

impl Lent {
    /// A reader takes `files`.
    pub fn note(&mut self, files: &Arc<[DataFile]>) {
        let last = self.lists.last().and_then(Weak::upgrade);
        if last.is_some_and(|last| Arc::ptr_eq(&last, files)) {
            return;
        }
        self.lists.retain(|list| list.strong_count() > 0);
        self.lists.push(Arc::downgrade(files));
    }
}

impl LakeTable {
    /// The keys of all files that readers hold.
    pub(super) fn lent(&self) -> Vec<String> {
        let state = self.state.lock();
        let lists = state.lent.lists.iter().filter_map(Weak::upgrade);
        let keys = |list: Arc<[DataFile]>| list.iter().map(|f| f.key.clone()).collect::<Vec<_>>();
        lists.flat_map(keys).collect()
    }
}
