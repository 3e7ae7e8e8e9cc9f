// SPDX-License-Identifier: Apache-2.0
//! `lake flush`, as the people's API asks for it.

use async_trait::async_trait;
use hw_api::LakeFlush;
use hw_lake::IngestHandle;

/// Asks the ingest worker.
pub(super) struct Flush(pub IngestHandle);

#[async_trait]
impl LakeFlush for Flush {
    async fn flush(&self) -> Result<(), String> {
        self.0.flush().await.map_err(|error| error.to_string())
    }
}
