// SPDX-License-Identifier: Apache-2.0
//! The lake, the worker that fills it, and the SQL engine over it.

use std::sync::Arc;

use hw_kernel::{Clock, Crew, EventSink, Tables as _};
use hw_lake::spec::TABLES;
use hw_lake::{
    Ingest, IngestHandle, IngestLimits, Lake, Maintenance, MaintenanceHandle, MaintenanceSettings,
};
use hw_model::AccountId;
use hw_query::{Engine, Host, Limits, Roles};

use super::ServeError;
use super::folder::Folder;
use super::storage::Storage;
use crate::cli::background;
use crate::config::Config;

/// What a failure here means.
const BROKEN: &str = "the tables can't be opened";

/// Everything about tables.
pub(super) struct Tables {
    pub lake: Arc<Lake>,
    pub engine: Engine,
    pub handle: IngestHandle,
    pub upkeep: MaintenanceHandle,
}

/// Opens the lake and the engine, and hires who works on tables.
pub(super) async fn open(
    config: &Config,
    folder: &Folder,
    storage: &Storage,
    clock: &Arc<dyn Clock>,
    events: &Arc<dyn EventSink>,
    crew: &mut Crew,
) -> Result<Tables, ServeError> {
    let (blobs, catalog) = (storage.blobs.clone(), storage.catalog.clone());
    let lake = Lake::open(blobs.clone(), catalog, clock.clone())
        .await
        .map_err(ServeError::part(BROKEN))?;
    let lake = Arc::new(lake);
    make_tables(&lake).await;
    let ingest_limits = IngestLimits {
        commit_interval: std::time::Duration::from_secs(config.lake_commit_seconds.max(1)),
        ..IngestLimits::default()
    };
    let log = storage.log.clone();
    let (ingest, handle) = Ingest::new(lake.clone(), log, clock.clone(), ingest_limits);
    crew.hire(Arc::new(ingest));
    let upkeep = hire_upkeep(config, &lake, events, crew);
    let host = host(config, folder, clock)?;
    let engine =
        Engine::on(&host, lake.clone(), blobs, limits(config)).map_err(ServeError::part(BROKEN))?;
    Ok(Tables {
        lake,
        engine,
        handle,
        upkeep,
    })
}

/// Makes the first account's tables, so that whoever asks a fresh server in SQL finds them empty
/// and not missing. A damaged one is the ingest worker's to tell.
async fn make_tables(lake: &Lake) {
    for spec in &TABLES {
        if let Err(error) = lake.ensure(AccountId::FIRST, spec).await {
            tracing::warn!(table.name = spec.name, %error, "a table could not be made yet");
        }
    }
}

fn hire_upkeep(
    config: &Config,
    lake: &Arc<Lake>,
    events: &Arc<dyn EventSink>,
    crew: &mut Crew,
) -> MaintenanceHandle {
    let mut settings = MaintenanceSettings {
        retention: config.retention,
        ..MaintenanceSettings::default()
    };
    settings.compact.files_min = config.lake_compact_files;
    let (workers, handle) = Maintenance::new(lake.clone(), settings, events.clone());
    for worker in workers {
        crew.hire(Arc::new(worker));
    }
    handle
}

/// What statements may cost.
fn limits(config: &Config) -> Limits {
    let (sql, defaults) = (&config.sql, Limits::default());
    Limits {
        total_memory_bytes_max: sql.memory_bytes_max,
        session_memory_bytes_max: sql.memory_bytes_max.div_ceil(2),
        statement_memory_bytes_max: sql.memory_bytes_max.div_ceil(4),
        spill_bytes_max: sql.spill_bytes_max,
        statement_time_max: std::time::Duration::from_secs(sql.seconds_max.max(1)),
        answer_rows_max: sql.rows_max,
        partitions_max: sql.threads_max.unwrap_or(defaults.partitions_max),
        ..defaults
    }
}

fn host(config: &Config, folder: &Folder, clock: &Arc<dyn Clock>) -> Result<Host, ServeError> {
    let mut host = Host {
        spill_folder: Some(folder.sql_spill()),
        thread_start: Some(background::lower_priority_of_sql),
        roles: Roles::default(),
        clock: clock.clone(),
    };
    for (role, settings) in &config.sql.roles {
        for (name, value) in settings {
            host.roles
                .set(role, name, value)
                .map_err(ServeError::part("[sql.roles] has a setting that can't be"))?;
        }
    }
    Ok(host)
}
