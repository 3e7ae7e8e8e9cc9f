// SPDX-License-Identifier: Apache-2.0
//! Expiry: snapshots that nobody needs any more leave the metadata, which would else grow with
//! each commit.

use hw_kernel::port::tables::TableError;
use hw_kernel::port::upkeep::Expired;

use super::{LakeTable, retire};
use crate::env::Env;
use crate::error::table_error;

impl LakeTable {
    /// Drops them: what is kept is the current one, and all that were in the last hour; and all of
    /// them for an hour after the clock has jumped.
    pub async fn expire(&self, env: &Env) -> Result<Expired, TableError> {
        let _alone = self.upkeep.lock().await;
        let _turn = self.turn.lock().await;
        let opened = self.opened_in_turn(env).await?;
        let metadata = opened.table.metadata();
        let old = match env.settled_now() {
            Some(now) => retire::old_snapshots(metadata, now.millis()),
            None => Vec::new(),
        };
        let mut expired = Expired {
            snapshots: old.len() as u64,
            left: metadata.snapshots().len() as u64,
        };
        if !old.is_empty() {
            let next = retire::expire(env, &opened, old, &self.committed()).await;
            let next = next.map_err(|error| table_error(&self.name, &error))?;
            expired.left = next.table.metadata().snapshots().len() as u64;
            self.settle_files(next);
        }
        Ok(expired)
    }

    /// Snapshots in the metadata, if the table has been read.
    pub fn snapshots(&self) -> usize {
        let state = self.state.lock();
        let opened = state.opened.as_ref();
        opened.map_or(0, |opened| opened.table.metadata().snapshots().len())
    }
}
