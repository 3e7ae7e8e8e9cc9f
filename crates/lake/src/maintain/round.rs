// SPDX-License-Identifier: Apache-2.0
//! A round of a duty over the tables of all accounts: one after the other, and one that fails
//! keeps nobody from the next.

use hw_kernel::port::tables::TableError;
use hw_kernel::port::upkeep::{Compacted, Expired, Retained, Swept};
use hw_model::{AccountId, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::duty::Duty;
use super::settings::MaintenanceSettings;
use crate::Lake;
use crate::error::chain;

const DAY_MICROS: i64 = 86_400_000_000;

/// What a round did to a table.
#[derive(Debug, Clone, Serialize)]
pub struct TableReport {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub table: String,
    /// Figures of the duty, by name; empty if there was nothing to do.
    pub done: Value,
    /// Why it could not be done.
    pub error: Option<String>,
}

/// What a round did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DutyReport {
    /// Tables that were looked at.
    pub looked_at: u64,
    /// Tables to which something was done, or could not be.
    pub tables: Vec<TableReport>,
    /// Why nothing was done at all, if so.
    pub waits: Option<String>,
}

impl DutyReport {
    /// The first error.
    pub(super) fn error(&self) -> Option<String> {
        let mut failed = self.tables.iter();
        failed.find_map(|report| {
            let error = report.error.as_ref()?;
            Some(format!("account {}: {error}", report.account))
        })
    }
}

/// How a round goes.
pub(super) struct Round<'a> {
    pub lake: &'a Lake,
    pub settings: &'a MaintenanceSettings,
    /// The time that retention goes by.
    pub lived: Timestamp,
    /// Whether tables that nobody has used since the start are read for it.
    pub thorough: bool,
    /// Whether compaction takes every day, not only those for which it is time.
    pub all: bool,
}

impl Round<'_> {
    pub async fn run(&self, duty: Duty) -> DutyReport {
        let mut report = DutyReport::default();
        for table in self.lake.all() {
            if !self.thorough && !table.is_open() {
                continue;
            }
            report.looked_at += 1;
            let outcome = self.table(duty, table.account, &table.name).await;
            let (done, error) = match outcome {
                Ok(None) => continue,
                Ok(Some(done)) => (done, None),
                // Somebody else's commit came between; the next round is soon enough.
                Err(TableError::Stale(_)) => continue,
                Err(error) => (Value::Null, Some(chain(&error))),
            };
            report.tables.push(TableReport {
                account: table.account,
                table: table.name.clone(),
                done,
                error,
            });
        }
        report
    }

    async fn table(
        &self,
        duty: Duty,
        account: AccountId,
        table: &str,
    ) -> Result<Option<Value>, TableError> {
        let lake = self.lake;
        match duty {
            Duty::Compact => {
                let limits = &self.settings.compact;
                let done = lake.compact_table(account, table, limits, self.all).await?;
                Ok((done != Compacted::default()).then(|| json!(done)))
            }
            Duty::Expire => {
                let done = lake.expire_table(account, table).await?;
                let some = done.snapshots != Expired::default().snapshots;
                Ok(some.then(|| json!(done)))
            }
            Duty::Sweep => {
                let done = lake.sweep_table(account, table).await?;
                Ok((done != Swept::default()).then(|| json!(done)))
            }
            Duty::Retain => self.retain(account, table).await,
        }
    }

    async fn retain(&self, account: AccountId, table: &str) -> Result<Option<Value>, TableError> {
        let Some(day) = self.first_kept_day(table) else {
            return Ok(None);
        };
        let done = self.lake.drop_before(account, table, day).await?;
        Ok((done != Retained::default()).then(|| json!(done)))
    }

    /// A day goes when its last moment is older than rows are to be kept.
    fn first_kept_day(&self, table: &str) -> Option<i32> {
        let days = i64::from(self.settings.retention.days(table)?);
        let kept = self.lived.0.saturating_sub(days.saturating_mul(DAY_MICROS));
        i32::try_from(kept.div_euclid(DAY_MICROS)).ok()
    }
}
