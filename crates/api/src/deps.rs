// SPDX-License-Identifier: Apache-2.0
//! What the API works with: modules, ports, and what it keeps in memory between requests.

use std::sync::Arc;

use async_trait::async_trait;
use hw_identity::Identity;
use hw_kernel::{Clock, EventSink, Live, Shutdown};
use hw_query::Engine;
use tokio::sync::Semaphore;

use crate::auth::{Links, Sessions};
use crate::explain::Explainer;
use crate::limits::ApiLimits;

/// Brings what was acknowledged into the tables' files.
#[async_trait]
pub trait LakeFlush: Send + Sync {
    /// Resolves when all that was acknowledged before the call is in Parquet and committed.
    ///
    /// # Errors
    /// Words for the caller, as in `storage is full`: they are sent as they are, so they name no
    /// internals.
    async fn flush(&self) -> Result<(), String>;
}

/// Tells how the server stands.
pub trait StatusSource: Send + Sync {
    /// A JSON object, sent as it is to whoever has a key.
    fn status(&self) -> serde_json::Value;
}

/// Everything the API works with. One for all doors, so that a link that was made through the
/// admin socket opens on the HTTP door.
pub struct ApiDeps {
    /// Makes and checks keys.
    pub identity: Identity,
    /// Answers SQL.
    pub engine: Engine,
    /// Opens live taps.
    pub live: Arc<dyn Live>,
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
    /// The region that AWS clients of this server name.
    pub region: Arc<str>,
    /// Named limits.
    pub limits: ApiLimits,
    /// Ends live streams.
    pub shutdown: Shutdown,
    /// Sessions, links and places; see [`ApiState::new`].
    pub state: ApiState,
}

/// What lives between requests, in memory: a restart signs people out and voids links.
pub struct ApiState {
    pub(crate) sessions: Sessions,
    pub(crate) links: Links,
    /// A place for each statement that runs.
    pub(crate) statements: Semaphore,
    /// A place for each open live stream.
    pub(crate) streams: Arc<Semaphore>,
}

impl ApiState {
    /// Nobody signed in, every place free.
    pub fn new(limits: &ApiLimits) -> Self {
        Self {
            sessions: Sessions::new(limits.sessions_max),
            links: Links::new(limits.links_max),
            statements: Semaphore::new(limits.statements_max),
            streams: Arc::new(Semaphore::new(limits.streams_max)),
        }
    }
}
