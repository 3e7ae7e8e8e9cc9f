// SPDX-License-Identifier: Apache-2.0
//! Opens the adapters under the ports, and counts this start.

use std::sync::Arc;

use hw_kernel::port::catalog::Statement;
use hw_kernel::{Blobs, Catalog, Clock, Event, EventSink, Log};
use hw_log::{Quarantined, Recovery};
use hw_model::AccountId;

use super::folder::Folder;
use super::{ServeError, formats};

/// What holds everything.
pub(crate) struct Storage {
    pub catalog: Arc<dyn Catalog>,
    pub log: Arc<dyn Log>,
    pub blobs: Arc<dyn Blobs>,
    /// Counts the server's starts on this folder.
    pub epoch: u32,
    recovery: Recovery,
}

/// Opens catalog, log and blobs, and counts the start.
pub(super) async fn open(
    folder: &Folder,
    clock: &Arc<dyn Clock>,
    log_bytes_max: u64,
) -> Result<Storage, ServeError> {
    let settings = hw_log::Settings {
        bytes_max: log_bytes_max,
        ..hw_log::Settings::default()
    };
    let mut storage = open_with(folder, clock, settings).await?;
    storage.epoch = next_epoch(&*storage.catalog).await?;
    Ok(storage)
}

/// The same for somebody who takes in nothing. Brings everything up to this release's formats.
pub(crate) async fn open_still(
    folder: &Folder,
    clock: &Arc<dyn Clock>,
) -> Result<Storage, ServeError> {
    open_with(folder, clock, hw_log::Settings::default()).await
}

async fn open_with(
    folder: &Folder,
    clock: &Arc<dyn Clock>,
    settings: hw_log::Settings,
) -> Result<Storage, ServeError> {
    let url = folder.catalog_url();
    let catalog = hw_catalog::open_url(&url);
    let catalog = catalog
        .await
        .map_err(ServeError::part("the catalog can't be opened"))?;
    let blobs = hw_blobs::open_url(&folder.blobs_url());
    let blobs = blobs.map_err(ServeError::part("the object store can't be opened"))?;
    // On this thread, so that the log's writer inherits its priority and not that of background
    // work; nothing else runs yet that could be kept waiting.
    let opened = hw_log::open_url(&folder.log_url(), settings, clock.clone());
    let (log, recovery) = opened.map_err(ServeError::part("the log can't be opened"))?;
    formats::record(folder.root())?;
    Ok(Storage {
        catalog,
        log,
        blobs,
        epoch: 0,
        recovery,
    })
}

async fn next_epoch(catalog: &dyn Catalog) -> Result<u32, ServeError> {
    let sql = "INSERT INTO facts (name, value) VALUES ('epoch', '1') \
               ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(facts.value AS BIGINT) + 1 AS TEXT) \
               RETURNING value";
    let done = catalog.write(vec![Statement::new(sql, vec![])]).await;
    let done = done.map_err(ServeError::part("this start can't be counted"))?;
    let value = done.first().and_then(|outcome| outcome.returned.first());
    let value = value
        .and_then(|row| row.text(0).ok())
        .and_then(|text| text.parse().ok());
    value
        .ok_or_else(|| ServeError::part("this start can't be counted")("the epoch is not a number"))
}

impl Storage {
    /// Says what recovery found.
    pub fn report(&self, events: &dyn EventSink) {
        let Recovery {
            truncated_bytes,
            quarantined,
            missing_bytes,
            ..
        } = &self.recovery;
        if *truncated_bytes > 0 {
            let cause = format!("a torn tail of {truncated_bytes} bytes was cut: not acknowledged");
            events.emit(Event::new(AccountId::FIRST, "log", "ok", cause));
        }
        if *missing_bytes > 0 {
            let cause = format!(
                "damage: the last {missing_bytes} bytes of the log are gone; they were there when \
                 the server was stopped"
            );
            events.emit(Event::new(AccountId::FIRST, "log", "damaged", cause));
        }
        for Quarantined { file, lost_bytes } in quarantined {
            let cause = format!(
                "damage: segment {file} was put aside in log/quarantine; {lost_bytes} bytes of it \
                 are lost, the rest was kept"
            );
            events.emit(Event::new(AccountId::FIRST, "log", "damaged", cause));
        }
    }
}
