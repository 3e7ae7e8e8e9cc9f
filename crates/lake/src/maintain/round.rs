// SPDX-License-Identifier: Apache-2.0
//! A round of a duty over the tables of all accounts: one after the other, and one that fails
//! keeps nobody from the next.

use hw_kernel::port::tables::TableError;
use hw_kernel::port::upkeep::{Compacted, Expired, Retained, Swept};
use hw_kernel::{Event, EventSink};
use hw_model::{AccountId, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::duty::Duty;
use super::settings::MaintenanceSettings;
use crate::Lake;
use crate::error::chain;
use crate::table::{LakeTable, Unreadable};

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

/// What people are told of a file that merges leave out.
fn left_out(file: &Unreadable) -> String {
    format!("{file}; merges leave it out: put the same file back from a backup")
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
    pub events: &'a dyn EventSink,
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
            let unreadable = self.tell_of_unreadable(duty, &table);
            let (done, error) = match outcome {
                Ok(None) if unreadable.is_none() => continue,
                Ok(done) => (done.unwrap_or_default(), unreadable),
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

    /// Says which files compaction had to leave out; whose account it is has an event of each, once.
    fn tell_of_unreadable(&self, duty: Duty, table: &LakeTable) -> Option<String> {
        if duty != Duty::Compact {
            return None;
        }
        for file in table.newly_unreadable() {
            let words = left_out(&file);
            tracing::error!(table = table.name, account = %table.account, words);
            let event = Event::new(table.account, "table", "damaged", words);
            self.events.emit(event);
        }
        let files = table.unreadable_files();
        let first = left_out(files.first()?);
        Some(match files.len() {
            1 => first,
            more => format!("{first} (and {} more like it)", more - 1),
        })
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
                if self.thorough {
                    lake.table(account, table)?.take_in_again();
                }
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
