// SPDX-License-Identifier: Apache-2.0
//! The lake, the worker that fills it, and the SQL engine over it.

use std::sync::Arc;

use hw_kernel::{Clock, Crew};
use hw_lake::{Ingest, IngestHandle, IngestLimits, Lake};
use hw_query::{Engine, Limits};

use super::ServeError;
use super::storage::Storage;
use crate::config::Config;

/// What a failure here means.
const BROKEN: &str = "the tables can't be opened";

/// Everything about tables.
pub(super) struct Tables {
    pub lake: Arc<Lake>,
    pub engine: Engine,
    pub handle: IngestHandle,
}

/// Opens the lake and the engine, and hires who works on tables.
pub(super) async fn open(
    config: &Config,
    storage: &Storage,
    clock: &Arc<dyn Clock>,
    crew: &mut Crew,
) -> Result<Tables, ServeError> {
    let (blobs, catalog) = (storage.blobs.clone(), storage.catalog.clone());
    let lake = Lake::open(blobs.clone(), catalog, clock.clone())
        .await
        .map_err(ServeError::part(BROKEN))?;
    let lake = Arc::new(lake);
    let ingest_limits = IngestLimits {
        commit_interval: std::time::Duration::from_secs(config.lake_commit_seconds.max(1)),
        ..IngestLimits::default()
    };
    let log = storage.log.clone();
    let (ingest, handle) = Ingest::new(lake.clone(), log, clock.clone(), ingest_limits);
    crew.hire(Arc::new(ingest));
    let limits = Limits {
        total_memory_bytes_max: config.sql_memory_bytes_max,
        session_memory_bytes_max: config.sql_memory_bytes_max.div_ceil(2),
        statement_time_max: std::time::Duration::from_secs(config.sql_seconds_max.max(1)),
        answer_rows_max: config.sql_rows_max,
        ..Limits::default()
    };
    let engine = Engine::new(lake.clone(), blobs, limits).map_err(ServeError::part(BROKEN))?;
    Ok(Tables {
        lake,
        engine,
        handle,
    })
}
