// SPDX-License-Identifier: Apache-2.0
//! Upkeep of one table, by account and name: what the workers and the port's callers ask for.

use hw_kernel::port::blobs::Listed;
use hw_kernel::port::tables::TableError;
use hw_kernel::port::upkeep::{Compacted, Expired, Retained, Swept};
use hw_model::{AccountId, Timestamp};

use crate::Lake;
use crate::table::CompactLimits;

impl Lake {
    /// Merges the small files of days for which it is time, or, with `all`, of every day.
    pub async fn compact_table(
        &self,
        account: AccountId,
        table: &str,
        limits: &CompactLimits,
        all: bool,
    ) -> Result<Compacted, TableError> {
        let now = match all {
            true => Timestamp(i64::MAX),
            false => self.env.clock.now(),
        };
        let table = self.table(account, table)?;
        table.compact(&self.env, now, limits).await
    }

    /// Drops snapshots that nobody needs any more.
    pub async fn expire_table(
        &self,
        account: AccountId,
        table: &str,
    ) -> Result<Expired, TableError> {
        self.table(account, table)?.expire(&self.env).await
    }

    /// Deletes what nothing reaches.
    pub async fn sweep_table(&self, account: AccountId, table: &str) -> Result<Swept, TableError> {
        self.table(account, table)?.sweep(&self.env).await
    }

    /// Drops the days before `day`, in days since 1970-01-01.
    pub async fn drop_before(
        &self,
        account: AccountId,
        table: &str,
        day: i32,
    ) -> Result<Retained, TableError> {
        self.table(account, table)?
            .drop_before(&self.env, day)
            .await
    }

    /// Objects of a table that nothing names, older than an hour: what a sweep deletes.
    pub async fn orphans(
        &self,
        account: AccountId,
        table: &str,
    ) -> Result<Vec<Listed>, TableError> {
        self.table(account, table)?.orphans(&self.env).await
    }
}
