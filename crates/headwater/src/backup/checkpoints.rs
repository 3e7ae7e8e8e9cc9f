// SPDX-License-Identifier: Apache-2.0
//! Where the broker's checkpoints end, noted in the catalog: a backup must know before which
//! position of the log it can't be restored.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use hw_broker::CheckpointMarks;
use hw_kernel::Catalog;
use hw_kernel::port::catalog::CatalogError;
use hw_kernel::port::position::Position;

use crate::serve::storage::Storage;

/// Notes them.
pub struct Checkpoints(Arc<dyn Catalog>);

impl Checkpoints {
    /// Begins to, before the broker starts.
    pub(crate) async fn begin(storage: &Storage) -> Result<Arc<Self>, CatalogError> {
        hw_backup::begin_checkpoints(&*storage.catalog, &storage.log.end()).await?;
        Ok(Arc::new(Self(storage.catalog.clone())))
    }
}

#[async_trait]
impl CheckpointMarks for Checkpoints {
    async fn ended(&self, at: &Position) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(hw_backup::note_checkpoint(&*self.0, at).await?)
    }
}
