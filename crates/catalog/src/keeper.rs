// SPDX-License-Identifier: Apache-2.0
//! The one connection that writes, and what follows its writes: checkpoints, and the checksums of
//! what they brought into the database.
//!
//! A checkpoint comes soon after the last write, not when the write-ahead log is long: what lies
//! in the database is guarded by checksums whole, and the end of a log never is. First all pages
//! are copied, then their checksums are stored, then the log is emptied; a crash in between finds
//! the pages in the log still, and those are not compared.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use hw_kernel::Clock;
use hw_kernel::port::catalog::CatalogError;
use hw_kernel::port::clock::SystemClock;
use sqlx::{Connection, Row, SqliteConnection};
use tokio::sync::{Mutex, Notify};

use crate::check;
use crate::error::engine;
use crate::repeated::Repeated;
use crate::sqlite::BUSY_TIMEOUT_MS;

/// How long after a write its pages are brought into the database.
const CHECKPOINT_AFTER: Duration = Duration::from_secs(1);

/// The writer's connection and its database.
#[derive(Debug)]
pub(crate) struct Keeper {
    path: PathBuf,
    /// `None` after a failure that may have left a transaction open; the next write opens another.
    pub(crate) writer: Mutex<Option<SqliteConnection>>,
    written: Notify,
}

impl Keeper {
    /// Begins to follow writes, for as long as it lives.
    pub(crate) fn begin(path: &Path, writer: SqliteConnection) -> Arc<Self> {
        let keeper = Arc::new(Self {
            path: path.to_owned(),
            writer: Mutex::new(Some(writer)),
            written: Notify::new(),
        });
        tokio::spawn(follow(Arc::downgrade(&keeper)));
        keeper
    }

    /// Says that something was written.
    pub(crate) fn note(&self) {
        self.written.notify_one();
    }

    /// Brings everything into the database and stores its checksums; `false` if a reader or a
    /// failure was in the way, and it must be tried again.
    pub(crate) async fn checkpoint(&self) -> Result<bool, CatalogError> {
        let mut writer = self.writer.lock().await;
        match writer.as_mut() {
            Some(writer) => self.settle(writer, false).await,
            None => Ok(true),
        }
    }

    async fn settle(
        &self,
        writer: &mut SqliteConnection,
        closing: bool,
    ) -> Result<bool, CatalogError> {
        let (frames, copied) = checkpoint(writer, "PRAGMA wal_checkpoint(PASSIVE)").await?;
        if copied < frames {
            return Ok(false);
        }
        if frames > 0 || closing {
            let path = self.path.clone();
            let renewed = tokio::task::spawn_blocking(move || check::renew(&path, frames, closing));
            renewed
                .await
                .map_err(std::io::Error::other)
                .flatten()
                .map_err(|error| engine(sqlx::Error::Io(error)))?;
        }
        // Somebody who reads just now keeps the log; the next one empties it.
        pragma(writer, "PRAGMA busy_timeout = 0").await?;
        let emptied = checkpoint(writer, "PRAGMA wal_checkpoint(TRUNCATE)").await;
        debug_assert_eq!(BUSY_TIMEOUT_MS, 5_000);
        pragma(writer, "PRAGMA busy_timeout = 5000").await?;
        Ok(emptied.is_ok_and(|(frames, _)| frames == 0))
    }

    /// The same for the last time, then closes the connection.
    pub(crate) async fn close(&self) -> Result<(), CatalogError> {
        let Some(mut writer) = self.writer.lock().await.take() else {
            return Ok(());
        };
        if let Err(error) = self.settle(&mut writer, true).await {
            tracing::warn!(%error, "the catalog's pages were not all checked at its end");
        }
        writer.close().await.map_err(engine)
    }
}

async fn follow(keeper: Weak<Keeper>) {
    let clock = SystemClock::default();
    let mut failure = Repeated::default();
    while let Some(waiting) = keeper.upgrade() {
        // Looks up now and then, so that it ends with its catalog.
        tokio::select! {
            () = waiting.written.notified() => {}
            () = clock.sleep(10 * CHECKPOINT_AFTER) => continue,
        }
        drop(waiting);
        clock.sleep(CHECKPOINT_AFTER).await;
        let Some(keeper) = keeper.upgrade() else {
            return;
        };
        match keeper.checkpoint().await {
            Ok(emptied) => {
                if let Some(times) = failure.went_well() {
                    tracing::info!(times, "the catalog's log is emptied again");
                }
                if !emptied {
                    keeper.note();
                }
            }
            Err(error) => {
                if let Some(times) = failure.failed(clock.monotonic()) {
                    tracing::warn!(%error, times, "the catalog's log could not be emptied");
                }
                keeper.note();
            }
        }
    }
}

async fn pragma(writer: &mut SqliteConnection, text: &'static str) -> Result<(), CatalogError> {
    let done = sqlx::query(text).execute(writer).await;
    done.map(drop).map_err(engine)
}

/// Frames of the write-ahead log, and how many of them are in the database now.
async fn checkpoint(
    writer: &mut SqliteConnection,
    text: &'static str,
) -> Result<(usize, usize), CatalogError> {
    let row = sqlx::query(text).fetch_one(writer).await.map_err(engine)?;
    let number = |column: usize| -> Result<usize, CatalogError> {
        let number: i64 = row.try_get(column).map_err(engine)?;
        Ok(usize::try_from(number).unwrap_or(0))
    };
    Ok((number(1)?, number(2)?))
}
