// SPDX-License-Identifier: Apache-2.0
//! Explains: the way of a message, the state of a client or thing, and what to do about refusals.
//!
//! It asks the tables, the shards' memory and identity, and never guesses: what is not known any
//! more is said to be so, and what is worked out by today's policies says that too.

pub(crate) mod arns;
pub(crate) mod certificates;
pub(crate) mod cure;
pub(crate) mod events;
pub(crate) mod message;
pub(crate) mod place;
pub(crate) mod report;
pub(crate) mod rows;
pub(crate) mod telemetry;
pub(crate) mod way;
pub(crate) mod who;

use std::path::PathBuf;
use std::sync::Arc;

use hw_identity::Identity;
use hw_kernel::{Clock, Recall, Tables};
use hw_query::Engine;

use crate::error::ApiError;

/// What explanations are made from.
pub struct Explainer {
    /// Asks the tables.
    pub engine: Engine,
    /// Says in which file a row is.
    pub tables: Arc<dyn Tables>,
    /// What the shards remember.
    pub recall: Arc<dyn Recall>,
    /// Certificates and their status.
    pub identity: Identity,
    /// Says which certificates have run out.
    pub clock: Arc<dyn Clock>,
    /// The folder of the object store, to name files as a person can open them.
    pub blobs_folder: Option<PathBuf>,
}

impl Explainer {
    /// Asks the shards, where waiting is allowed.
    async fn recall<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Recall) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let recall = self.recall.clone();
        let asked = tokio::task::spawn_blocking(move || ask(&*recall)).await;
        asked.map_err(|error| ApiError::internal(&error))
    }
}
