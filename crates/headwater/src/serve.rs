// SPDX-License-Identifier: Apache-2.0
//! Puts the house together: reads like a list, from the folder up to the doors, and takes it down
//! in the opposite order.

mod anonymous;
mod backup;
mod credentials;
mod doors;
mod endpoints;
mod error;
mod faces;
pub(crate) mod folder;
pub(crate) mod formats;
mod https_tls;
mod lake_flush;
mod mdns;
mod memory;
mod metrics;
pub(crate) mod names;
pub mod people;
mod pg_auth;
mod plug;
mod public_certificate;
mod reach;
mod setup_link;
mod status;
pub(crate) mod storage;
mod tables;
mod upkeep;
mod watchdog;

pub use backup::{BYTES_HEADER, FAILED_TRAILER};
pub use endpoints::Endpoints;
pub use error::ServeError;

use std::sync::Arc;
use std::time::Duration;

use hw_broker::{Broker, BrokerConfig, Deps};
use hw_kernel::event::journal::Journal;
use hw_kernel::port::clock::SystemClock;
use hw_kernel::shutdown::channel;
use hw_kernel::{Clock, Crew, EventSink, Shutdown};

use crate::config::Config;
use crate::machine::notify::Notify;
use folder::Folder;
use watchdog::Watchdog;

/// How long background work may take to end in good order.
const ENDING_DEADLINE: Duration = Duration::from_secs(2);

/// Runs a server until `stop` begins. `ready` is called once every door is open; the service manager
/// behind `notify` is told how it goes.
pub async fn run(
    config: Config,
    notify: Notify,
    stop: Shutdown,
    ready: impl FnOnce(&Endpoints),
) -> Result<(), ServeError> {
    for door in config.open_in_clear() {
        tracing::warn!(
            door.name = door,
            "this door is open beyond this machine and not encrypted"
        );
    }
    let notify = Arc::new(notify);
    notify.status("Opening the data folder");
    let folder = Folder::open(&config.data)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let storage = storage::open(&folder, &clock, config.log_bytes_max).await?;
    let journal = Arc::new(Journal::new(
        storage.log.clone(),
        clock.clone(),
        storage.epoch,
    ));
    let events: Arc<dyn EventSink> = journal.clone();
    storage.report(&*events);

    let mut crew = Crew::default();
    crew.hire(Arc::new(memory::Memory::new(clock.clone())));
    for worker in storage.log.upkeep(&clock, &events) {
        crew.hire(worker);
    }
    let people = people::open(&config, &folder, &storage, &clock, &events, &mut crew).await?;
    let tables = tables::open(&config, &folder, &storage, &clock, &events, &mut crew).await?;
    let backup = crate::backup::source(&folder, &storage, &clock);
    let backup = backup.map_err(ServeError::part("the folder's secrets can't be read"))?;
    let checkpoints = crate::backup::Checkpoints::begin(&storage).await;
    let checkpoints = checkpoints.map_err(ServeError::part("checkpoints can't be noted"))?;
    let broker = Broker::start(
        broker_config(&config, storage.epoch),
        Deps {
            log: storage.log.clone(),
            clock: clock.clone(),
            events: events.clone(),
            admission: people.directory.clone(),
        },
    )?;

    crew.hire(broker.checkpointer(Some(checkpoints)));
    let watchdog = Watchdog::new(&notify, &people.identity, &storage.log, &clock);
    if let Some(watchdog) = watchdog {
        crew.hire(Arc::new(watchdog));
    }

    // The journal and the workers end after the doors and the broker, so that what those say last
    // is still written.
    let (end_work, work) = channel();
    let journal_ended = tokio::spawn({
        let (journal, work) = (journal.clone(), work.clone());
        async move { journal.run(work).await }
    });
    let crew = Arc::new(crew);
    let crew_ended = crew.start(&work);

    let (end_doors, doors_shutdown) = channel();
    let (identity, names) = (people.identity.clone(), people.names.clone());
    let public = people.public.clone();
    let parts = doors::Parts {
        config: &config,
        folder: &folder,
        log: storage.log.clone(),
        clock,
        events,
        people,
        tables,
        broker: broker.clone(),
        crew,
        backup,
    };
    let doors = doors::open(parts, doors_shutdown).await?;
    let mut endpoints = doors.endpoints.clone();
    endpoints.setup_link = setup_link::make(&identity, &endpoints, &names).await?;
    let announced = config.mdns.then(|| mdns::announce(&names, &endpoints));
    endpoints.write(&folder.endpoints_file())?;
    public.doors_are_open();
    ready(&endpoints);
    notify.ready(&format!("Ready: {}", endpoints.line()));

    stop.begun().await;
    tracing::info!("stopping");
    notify.stopping();
    endpoints::remove(&folder.endpoints_file());
    drop(announced);
    end_doors.begin();
    doors.close().await;
    let _ = tokio::task::spawn_blocking(move || broker.shutdown()).await;
    end_work.begin();
    let ended = async {
        let _ = journal_ended.await;
        crew_ended.join_all().await;
    };
    if tokio::time::timeout(ENDING_DEADLINE, ended).await.is_err() {
        tracing::warn!("background work did not end in time; the next start goes on from the log");
    }
    if let Err(error) = storage.catalog.close().await {
        tracing::warn!(%error, "the catalog was not closed in order; the next start checks it");
    }
    Ok(())
}

fn broker_config(config: &Config, epoch: u32) -> BrokerConfig {
    let log_bytes_max = hw_log::Settings::default().buffered_bytes_max;
    let mut broker = BrokerConfig {
        shards: config.shards.unwrap_or(0),
        epoch,
        keep: config.keep.clone(),
        flights_max: config.explain_messages_max,
        ..BrokerConfig::default()
    };
    // All shards together must pause before the log refuses a batch.
    let shards = usize::from(broker.shard_count());
    broker.limits.log_waiting_bytes_max = log_bytes_max / 2 / shards;
    broker.limits.waiting_bytes_max = config.waiting_bytes_max;
    broker.session = config.connection.clone();
    broker
}
