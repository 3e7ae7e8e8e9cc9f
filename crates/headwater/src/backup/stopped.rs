// SPDX-License-Identifier: Apache-2.0
//! The backup of a folder that no server uses: opened as a server would, for as long as it takes.
//! A server would bring an older folder up to its release, and the backup before an upgrade is made
//! to be read by the old one: so such a folder is refused, and stays as it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use hw_backup::{About, Damaged};
use hw_kernel::Clock;
use hw_kernel::port::clock::SystemClock;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::{PIECES_IN_FLIGHT, PipeWriter, source};
use crate::serve::ServeError;
use crate::serve::folder::Folder;
use crate::serve::formats::{self, Formats};
use crate::serve::storage;

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum StoppedError {
    /// The folder is of an older release.
    #[error(
        "the data folder {path} is of headwater {headwater}, and a backup by this release \
         ({this}) would bring it up first ({changes}), so that {headwater} could read neither: make \
         the backup with headwater {headwater}; or, if you do not mean to go back, run `headwater \
         migrate` before; nothing was changed",
        this = env!("CARGO_PKG_VERSION")
    )]
    Older {
        /// Which.
        path: PathBuf,
        /// Its release.
        headwater: String,
        /// What this release would change.
        changes: String,
    },
    /// It can't be opened or read.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// Begins the backup of `data`, and gives its bytes.
pub async fn stopped(
    data: &Path,
    damaged: Damaged,
) -> Result<(About, mpsc::Receiver<std::io::Result<Bytes>>), StoppedError> {
    refuse_older(data)?;
    let folder = Folder::open(data)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let storage = storage::open_still(&folder, &clock).await?;
    let failed = |source| ServeError::Folder {
        path: data.to_owned(),
        source,
    };
    let source = source(&folder, &storage, &clock).map_err(failed)?;
    let frozen = hw_backup::freeze(&source, damaged).await;
    let frozen = frozen.map_err(ServeError::part("the backup can't begin"))?;
    let about = frozen.about().clone();
    let (to, from) = mpsc::channel(PIECES_IN_FLIGHT);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let mut pipe = PipeWriter::new(to, runtime.clone());
        if let Err(error) = hw_backup::write(frozen, &mut pipe, &runtime) {
            pipe.fail(std::io::Error::other(error));
        }
        if let Err(error) = runtime.block_on(storage.catalog.close()) {
            tracing::warn!(%error, "the catalog was not closed in order");
        }
        // In this order: the folder is let go when nothing of it is open any more.
        drop((source, storage));
        drop(folder);
    });
    Ok((about, from))
}

/// Looks before anything in the folder is touched. One of a newer release is refused first, in the
/// words of a server.
fn refuse_older(data: &Path) -> Result<(), StoppedError> {
    formats::check(data)?;
    let found = Formats::of(data)?.unwrap_or_else(Formats::first);
    match found.changes(&Formats::current()) {
        changes if changes.is_empty() => Ok(()),
        changes => Err(StoppedError::Older {
            path: data.to_owned(),
            headwater: found.headwater,
            changes,
        }),
    }
}
