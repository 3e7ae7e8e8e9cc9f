// SPDX-License-Identifier: Apache-2.0
//! Where the demo keeps its data: a fresh folder that goes with it, or one that was named.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::cli::Failure;

/// The demo's data folder.
pub(super) enum Place {
    /// Removed at the end.
    Fresh(TempDir),
    /// Stays.
    Kept(PathBuf),
}

impl Place {
    /// The named folder, or a fresh one.
    pub(super) fn choose(named: Option<PathBuf>) -> Result<Self, Failure> {
        if let Some(path) = named {
            return Ok(Self::Kept(path));
        }
        let fresh = tempfile::Builder::new().prefix("headwater-demo-").tempdir();
        fresh.map(Self::Fresh).map_err(|error| {
            Failure::failed(format!(
                "no folder can be made for the demo: {error}; name one with --data"
            ))
        })
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        std::fs::read_dir(self.path()).map_or(true, |mut entries| entries.next().is_none())
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Fresh(folder) => folder.path(),
            Self::Kept(path) => path,
        }
    }
}
