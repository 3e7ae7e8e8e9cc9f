// SPDX-License-Identifier: Apache-2.0
//! What statements run in: shared memory limits and footer cache, a
//! folder to spill into, no network, one store.

mod memory;
mod spill;
pub(crate) mod stop;
mod store;
mod workers;

use std::sync::Arc;

use datafusion::common::{DataFusionError, Result};
use datafusion::execution::cache::cache_manager::CacheManagerConfig;
use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryPool};
use datafusion::execution::object_store::{ObjectStoreRegistry, ObjectStoreUrl};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use hw_kernel::Blobs;
use object_store::ObjectStore;

use crate::limits::{Host, Limits};

pub(crate) use workers::Workers;

/// The one store that a plan can read; it stands for the `Blobs` port.
pub(crate) const STORE_URL: &str = "blobs://lake/";

/// A registry that knows our store and learns no other: no `file://`, no `http://`.
#[derive(Debug)]
struct OneStore(Arc<dyn ObjectStore>);

impl ObjectStoreRegistry for OneStore {
    fn register_store(
        &self,
        _url: &url::Url,
        _store: Arc<dyn ObjectStore>,
    ) -> Option<Arc<dyn ObjectStore>> {
        None
    }

    fn get_store(&self, url: &url::Url) -> Result<Arc<dyn ObjectStore>> {
        if url.scheme() == "blobs" {
            return Ok(Arc::clone(&self.0));
        }
        Err(DataFusionError::Plan(
            "only tables can be read, not files or addresses".into(),
        ))
    }
}

/// The parts that all sessions share.
#[derive(Debug)]
pub(crate) struct Runtime {
    shared: RuntimeEnv,
    memory: Arc<dyn MemoryPool>,
    session_memory_bytes_max: usize,
    statement_memory_bytes_max: usize,
}

impl Runtime {
    /// Fails only if the engine can't be set up at all.
    pub(crate) fn new(blobs: Arc<dyn Blobs>, limits: &Limits, host: &Host) -> Result<Self> {
        let store: Arc<dyn ObjectStore> = Arc::new(store::BlobStore::new(blobs));
        let caches = CacheManagerConfig::default()
            .with_metadata_cache_limit(limits.footer_cache_bytes_max)
            .with_list_files_cache(None);
        let shared = RuntimeEnvBuilder::new()
            .with_object_store_registry(Arc::new(OneStore(store)))
            .with_cache_manager(caches)
            .with_disk_manager_builder(spill::disk(
                host.spill_folder.as_deref(),
                limits.spill_bytes_max,
            )?)
            .build()?;
        Ok(Self {
            shared,
            memory: Arc::new(GreedyMemoryPool::new(limits.total_memory_bytes_max)),
            session_memory_bytes_max: limits.session_memory_bytes_max,
            statement_memory_bytes_max: limits.statement_memory_bytes_max,
        })
    }

    /// What the operators of one statement may hold.
    pub(crate) fn statement_memory_bytes_max(&self) -> usize {
        self.statement_memory_bytes_max
    }

    /// What all statements hold now, in memory.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory.reserved()
    }

    /// What all statements hold now, on disk.
    pub(crate) fn spill_bytes(&self) -> u64 {
        self.shared.disk_manager.used_disk_space()
    }

    /// A session's part: its own memory limit within the common one.
    pub(crate) fn session(&self) -> Arc<RuntimeEnv> {
        let mut own = self.shared.clone();
        own.memory_pool = Arc::new(memory::session(
            self.session_memory_bytes_max,
            Arc::clone(&self.memory),
        ));
        Arc::new(own)
    }
}

/// A statement's part of its session's.
pub(crate) fn of_statement(session: &RuntimeEnv, bytes_max: usize) -> Arc<RuntimeEnv> {
    let mut own = session.clone();
    own.memory_pool = Arc::new(memory::StatementPool::new(
        bytes_max,
        Arc::clone(&session.memory_pool),
    ));
    Arc::new(own)
}

/// The URL that scans name.
pub(crate) fn store_url() -> Result<ObjectStoreUrl> {
    ObjectStoreUrl::parse(STORE_URL)
}
