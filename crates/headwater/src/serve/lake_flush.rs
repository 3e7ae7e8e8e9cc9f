// SPDX-License-Identifier: Apache-2.0
//! `lake flush`, as the people's API asks for it.

use async_trait::async_trait;
use hw_api::LakeFlush;
use hw_lake::IngestHandle;
use hw_model::AccountId;

/// Asks the ingest worker.
pub(super) struct Flush(pub IngestHandle);

#[async_trait]
impl LakeFlush for Flush {
    async fn flush(&self, account: Option<AccountId>) -> Result<(), String> {
        let flushed = match account {
            Some(account) => self.0.flush_account(account).await,
            None => self.0.flush().await,
        };
        flushed.map_err(|error| error.to_string())
    }
}
