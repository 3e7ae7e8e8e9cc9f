// SPDX-License-Identifier: Apache-2.0
//! What the API works with: modules, ports, and what it keeps in memory between requests.

use std::sync::Arc;

use async_trait::async_trait;
use hw_boards::Boards;
use hw_fleet::Fleet;
use hw_identity::authority::Authority;
use hw_identity::expiry::DevicesEnding;
use hw_identity::{Directory, Identity};
use hw_kernel::worker::WorkerStatus;
use hw_kernel::{Clients, Clock, EventSink, Ingest, Live, RetainedStore, Shutdown};
use hw_model::AccountId;
use hw_query::Engine;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::auth::Links;
use crate::by_thing::ByThings;
use crate::error::ApiError;
use crate::explain::Explainer;
use crate::last_values::LastValues;
use crate::limits::ApiLimits;
use crate::reach::ReachSource;
use crate::site::Site;

/// Brings what was acknowledged into the tables' files.
#[async_trait]
pub trait LakeFlush: Send + Sync {
    /// Resolves when all that was acknowledged before the call is in Parquet and committed: of an
    /// account, or of all.
    ///
    /// # Errors
    /// Words for the caller, as in `storage is full`: they are sent as they are, so they name no
    /// internals.
    async fn flush(&self, account: Option<AccountId>) -> Result<(), String>;
}

/// Tells how the server stands.
pub trait StatusSource: Send + Sync {
    /// What everybody with a key may know of the server: a JSON object.
    fn status(&self) -> serde_json::Value;
    /// Figures of the server as a whole, for its operator: a JSON object.
    fn server(&self) -> serde_json::Value;
    /// How many certificates of an account's devices end soon.
    fn devices_ending(&self, account: AccountId) -> DevicesEnding;
    /// How each worker stands.
    fn workers(&self) -> Vec<WorkerStatus>;
    /// # Errors
    /// Why the server can't take messages in now, in words for its log.
    fn ready(&self) -> Result<(), String>;
}

/// What keeps the server of a demo alive.
pub trait Plug: Send + Sync {
    /// Ends the process as it stands, as a power cut would. Does not return.
    fn pull(&self);
}

/// Everything the API works with. One for all doors, so that a link that was made through the
/// admin socket opens on the HTTP door.
pub struct ApiDeps {
    /// Makes and checks keys.
    pub identity: Identity,
    /// Signs device certificates.
    pub authority: Authority,
    /// Who a person or key is as a sender of messages.
    pub directory: Arc<Directory>,
    /// The registry of things.
    pub fleet: Fleet,
    /// Dashboards and saved queries.
    pub boards: Boards,
    /// Answers SQL.
    pub engine: Engine,
    /// Opens live taps.
    pub live: Arc<dyn Live>,
    /// Knows MQTT clients, and sends them away.
    pub clients: Arc<dyn Clients>,
    /// Takes messages in.
    pub ingest: Arc<dyn Ingest>,
    /// Knows retained messages, and clears them.
    pub retained: Arc<dyn RetainedStore>,
    /// Explains messages, things and clients.
    pub explain: Arc<Explainer>,
    /// Flushes the lake.
    pub flush: Arc<dyn LakeFlush>,
    /// Server time.
    pub clock: Arc<dyn Clock>,
    /// Where refusals and new keys are told.
    pub events: Arc<dyn EventSink>,
    /// How the server stands.
    pub status: Arc<dyn StatusSource>,
    /// Where devices and people reach the server.
    pub reach: Arc<dyn ReachSource>,
    /// What can be pulled, if this is the server of a demo.
    pub plug: Option<Arc<dyn Plug>>,
    /// The region that AWS clients of this server name.
    pub region: Arc<str>,
    /// Named limits.
    pub limits: ApiLimits,
    /// Ends live streams.
    pub shutdown: Shutdown,
    /// Links and places; see [`ApiState::new`].
    pub state: ApiState,
}

/// What lives between requests, in memory: a restart voids links.
pub struct ApiState {
    pub(crate) links: Links,
    pub(crate) last_values: LastValues,
    pub(crate) by_things: ByThings,
    /// The console.
    pub(crate) site: Site,
    /// A place for each statement that runs.
    pub(crate) statements: Semaphore,
    /// A place for each open live stream.
    streams: Arc<Semaphore>,
}

impl ApiState {
    /// Every place free.
    pub fn new(limits: &ApiLimits) -> Self {
        Self {
            links: Links::new(limits.links_max),
            last_values: LastValues::default(),
            by_things: ByThings::default(),
            site: Site::embedded(),
            statements: Semaphore::new(limits.statements_max),
            streams: Arc::new(Semaphore::new(limits.streams_max)),
        }
    }

    /// A place for one more live stream, held as long as it runs.
    pub(crate) fn stream_place(
        &self,
        limits: &ApiLimits,
    ) -> Result<OwnedSemaphorePermit, ApiError> {
        self.streams.clone().try_acquire_owned().map_err(|_| {
            let max = limits.streams_max;
            ApiError::no_place(format!(
                "{max} live streams are open (streams_max); try again"
            ))
        })
    }
}
