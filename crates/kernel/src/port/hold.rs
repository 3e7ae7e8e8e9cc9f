// SPDX-License-Identifier: Apache-2.0
//! Holding still: while somebody copies what is stored, nothing of it is deleted.

use std::any::Any;
use std::collections::HashSet;
use std::fmt;
use std::io::{ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

/// While it lives, its store deletes nothing: what is deleted meanwhile goes when the last hold is
/// dropped. Dropping may touch the disk, so it belongs on a thread that may block.
#[must_use = "dropping it at once holds nothing"]
pub struct Hold(Option<Box<dyn Any + Send>>);

impl Hold {
    /// A hold that ends when `guard` is dropped.
    pub fn new(guard: impl Any + Send) -> Self {
        Self(Some(Box::new(guard)))
    }

    /// Of a store that never deletes, as a fake may be.
    pub fn of_nothing() -> Self {
        Self(None)
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.0.is_some() {
            "a store"
        } else {
            "nothing"
        };
        f.debug_tuple("Hold").field(&what).finish()
    }
}

/// The deletes of a store of files: done at once, or when nobody holds it any more.
#[derive(Debug, Default)]
pub struct Deletes(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    holders: usize,
    waiting: HashSet<PathBuf>,
}

struct Holder(Arc<Deletes>);

impl Deletes {
    /// From now on deletes wait until the hold is dropped. One that runs is waited for.
    pub fn hold(self: &Arc<Self>) -> Hold {
        self.0.lock().holders += 1;
        Hold::new(Holder(Arc::clone(self)))
    }

    /// Deletes a file, or has it deleted later. Under the lock, so that whoever takes a hold sees
    /// a file that stays or none.
    pub fn delete(&self, file: &Path) -> Result<()> {
        let mut state = self.0.lock();
        if state.holders > 0 {
            state.waiting.insert(file.to_owned());
            return Ok(());
        }
        std::fs::remove_file(file)
    }

    /// A file has been stored anew and stays.
    pub fn forget(&self, file: &Path) {
        self.0.lock().waiting.remove(file);
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let mut state = self.0.0.lock();
        state.holders -= 1;
        if state.holders > 0 {
            return;
        }
        for file in state.waiting.drain() {
            if let Err(error) = std::fs::remove_file(&file)
                && error.kind() != ErrorKind::NotFound
            {
                let file = file.display();
                tracing::warn!(%file, %error, "a file that is not needed could not be deleted");
            }
        }
    }
}
