// SPDX-License-Identifier: Apache-2.0
//! From a backup to a data folder that a server starts on: unpacked and checked where nobody looks
//! for it, made a server of its own, and put in place in one step.

mod error;
mod point;
mod revive;
mod staging;

use std::io::Read;
use std::path::Path;

use hw_backup::{About, Archive, Folder, Manifest};

pub use error::RestoreError;
pub use point::Point;

use crate::serve::formats::{FOLDER_FORMAT, Formats};
use staging::Staging;

/// What was restored.
pub struct Restored {
    /// What the backup was.
    pub manifest: Manifest,
    /// The end of the log in the folder.
    pub position: String,
    /// Which starts of the server come next.
    pub epoch: u32,
}

/// Restores the backup that `from` gives into `data`, which is empty or not there. Nothing is
/// there if it fails.
pub fn restore(
    from: impl Read,
    data: &Path,
    point: Option<&Point>,
    runtime: &tokio::runtime::Handle,
) -> Result<Restored, RestoreError> {
    let archive = Archive::open(from)?;
    check(archive.about())?;
    let staging = Staging::begin(data)?;
    let mut folder = Folder::make(staging.path()).map_err(RestoreError::at(staging.path()))?;
    let manifest = archive.read(&mut folder)?;
    let revived = runtime.block_on(revive::revive(staging.path(), point, &manifest))?;
    folder.sync().map_err(RestoreError::at(staging.path()))?;
    staging.finish()?;
    Ok(Restored {
        manifest,
        position: revived.position.to_string(),
        epoch: revived.epoch,
    })
}

/// A layout that this release does not know is refused before anything is unpacked.
fn check(about: &About) -> Result<(), RestoreError> {
    if about.folder_format > FOLDER_FORMAT {
        return Err(RestoreError::NewerFolder {
            format: about.folder_format,
            reads: FOLDER_FORMAT,
            headwater: about.headwater.clone(),
            this: Formats::current().headwater,
        });
    }
    Ok(())
}
