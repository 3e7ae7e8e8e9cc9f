// SPDX-License-Identifier: Apache-2.0
//! The backup of a folder that no server uses: opened as a server would, for as long as it takes.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use hw_backup::About;
use hw_kernel::Clock;
use hw_kernel::port::clock::SystemClock;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::{PIECES_IN_FLIGHT, PipeWriter, source};
use crate::serve::ServeError;
use crate::serve::folder::Folder;
use crate::serve::storage;

/// Begins the backup of `data`, and gives its bytes.
pub async fn stopped(
    data: &Path,
) -> Result<(About, mpsc::Receiver<std::io::Result<Bytes>>), ServeError> {
    let folder = Folder::open(data)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let storage = storage::open_still(&folder, &clock).await?;
    let failed = |source| ServeError::Folder {
        path: data.to_owned(),
        source,
    };
    let source = source(&folder, &storage, &clock).map_err(failed)?;
    let frozen = hw_backup::freeze(&source).await;
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
