// SPDX-License-Identifier: Apache-2.0
//! The catalog in one SQLite file: WAL, every commit synced, one writer, a few readers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hw_kernel::Catalog;
use hw_kernel::port::catalog::{CatalogError, Outcome, Row, Statement, Value};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};

use crate::check::{self, Known};
use crate::error::engine;
use crate::keeper::Keeper;
use crate::migrations::{self, MIGRATIONS};
use crate::{room, transaction, value};

/// Connections that read at once; each is a thread. More reads wait their turn.
pub const READERS_MAX: u32 = 4;

/// How long a statement waits for another process's lock, in milliseconds.
pub const BUSY_TIMEOUT_MS: u64 = 5_000;

/// What a checkpoint leaves of the write-ahead log's file, in bytes.
const WAL_BYTES_KEPT: &str = "16777216";

/// Rows that a statement may be ahead of who reads them.
const ROWS_BUFFERED: usize = 2_000;

/// A catalog in a SQLite file.
#[derive(Debug)]
pub struct SqliteCatalog {
    options: SqliteConnectOptions,
    keeper: Arc<Keeper>,
    readers: SqlitePool,
}

impl SqliteCatalog {
    /// Opens the file, makes it if need be, and brings it up to this release's schema. Its pages
    /// are compared with their checksums first. Must be called inside a tokio runtime.
    pub async fn open(path: &Path) -> Result<Self, CatalogError> {
        let looked = path.to_owned();
        let known = tokio::task::spawn_blocking(move || {
            room::look(&looked).map_err(|error| engine(sqlx::Error::Io(error)))?;
            check::look(&looked)
        })
        .await;
        let known = known.map_err(|error| CatalogError::Engine(error.to_string()))??;
        let options = options(path);
        let mut writer = options.connect().await.map_err(engine)?;
        if known == Known::Unchecked {
            check::quick_check(&mut writer).await?;
        }
        migrations::apply(&mut writer, MIGRATIONS).await?;
        sync_folder_of(path)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(options.clone().pragma("query_only", "1"));
        let keeper = Keeper::begin(path, writer);
        if let Err(error) = keeper.checkpoint().await {
            tracing::warn!(%error, "the catalog's log could not be emptied");
            keeper.note();
        }
        Ok(Self {
            options,
            keeper,
            readers,
        })
    }

    /// Waits for what runs, brings everything into the one file and closes it. Later calls fail.
    pub async fn close(&self) -> Result<(), CatalogError> {
        self.readers.close().await;
        self.keeper.close().await
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))
        .foreign_keys(true)
        .pragma("journal_size_limit", WAL_BYTES_KEPT)
        // The keeper's, which stores checksums with each.
        .pragma("wal_autocheckpoint", "0")
        // A list of ten thousand things would else change threads every fifty rows.
        .row_buffer_size(ROWS_BUFFERED)
        .disable_statement_logging()
}

/// Makes the new file's name survive a power cut.
fn sync_folder_of(path: &Path) -> Result<(), CatalogError> {
    let folder = path.parent().filter(|folder| folder != &Path::new(""));
    std::fs::File::open(folder.unwrap_or(Path::new(".")))
        .and_then(|folder| folder.sync_all())
        .map_err(|error| engine(sqlx::Error::Io(error)))
}

#[async_trait]
impl Catalog for SqliteCatalog {
    async fn close(&self) -> Result<(), CatalogError> {
        self.close().await
    }

    async fn read(&self, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>, CatalogError> {
        let arguments = value::arguments(args)?;
        let rows = sqlx::query_with(sql, arguments)
            .fetch_all(&self.readers)
            .await
            .map_err(engine)?;
        rows.iter().map(value::row).collect()
    }

    async fn write(&self, statements: Vec<Statement>) -> Result<Vec<Outcome>, CatalogError> {
        if self.readers.is_closed() {
            return Err(engine(sqlx::Error::PoolClosed));
        }
        let mut writer = self.keeper.writer.lock().await;
        // Taken out, so that a write which is given up midway does not leave its connection.
        let mut connection = match writer.take() {
            Some(connection) => connection,
            None => self.options.connect().await.map_err(engine)?,
        };
        let outcome = transaction::run(&mut connection, statements).await;
        if outcome
            .as_ref()
            .map_or_else(|failed| failed.connection_is_clean, |_| true)
        {
            *writer = Some(connection);
        }
        if outcome.is_ok() {
            self.keeper.note();
        }
        outcome.map_err(|failed| failed.error)
    }

    /// On a connection of its own: a reader in WAL mode waits for nobody and nobody for it.
    async fn copy_to(&self, file: &Path) -> Result<(), CatalogError> {
        let name = file.to_str().ok_or_else(|| {
            CatalogError::Engine(format!("{} is not a name in UTF-8", file.display()))
        })?;
        let mut connection = self.options.connect().await.map_err(engine)?;
        let copied = sqlx::query("VACUUM INTO $1")
            .bind(name)
            .execute(&mut connection)
            .await
            .map_err(engine);
        connection.close().await.map_err(engine)?;
        copied.map(drop)
    }
}
