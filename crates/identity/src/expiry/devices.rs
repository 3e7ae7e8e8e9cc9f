// SPDX-License-Identifier: Apache-2.0
//! Certificates of devices that end soon, counted by account, and what of it was told: a fact of the
//! folder for each account and step.

use std::collections::HashMap;

use hw_kernel::port::catalog::Statement;
use hw_model::{AccountId, Timestamp};

use super::{DAY_MICROS, STEPS};
use crate::{Identity, IdentityError};

/// ACTIVE certificates of devices that end soon, or have ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DevicesEnding {
    /// Have ended: their devices can't connect.
    pub ended: u64,
    /// End within 7 days; those that have ended are not among them, here and below.
    pub within_7: u64,
    /// End within 30 days.
    pub within_30: u64,
    /// End within 90 days.
    pub within_90: u64,
}

impl DevicesEnding {
    pub(super) fn add(&mut self, other: Self) {
        self.ended += other.ended;
        self.within_7 += other.within_7;
        self.within_30 += other.within_30;
        self.within_90 += other.within_90;
    }

    /// Those that a step tells of: within it and not within the next nearer one.
    pub(super) fn in_step(&self, days: i64) -> u64 {
        match days {
            0 => self.ended,
            7 => self.within_7,
            30 => self.within_30 - self.within_7,
            _ => self.within_90 - self.within_30,
        }
    }
}

impl Identity {
    /// How many ACTIVE certificates of devices end soon, of each account that has such.
    pub(super) async fn devices_ending(
        &self,
    ) -> Result<HashMap<AccountId, DevicesEnding>, IdentityError> {
        let now = self.clock.now();
        let sql = "SELECT account, \
                     SUM(CASE WHEN not_after_us <= $1 THEN 1 ELSE 0 END), \
                     SUM(CASE WHEN not_after_us <= $2 THEN 1 ELSE 0 END), \
                     SUM(CASE WHEN not_after_us <= $3 THEN 1 ELSE 0 END), \
                     COUNT(*) \
                   FROM certificates WHERE status = 'ACTIVE' AND not_after_us <= $4 \
                   GROUP BY account";
        let args = STEPS.map(|days| (now.0 + days * DAY_MICROS).into());
        let rows = self.catalog.read(sql, args.to_vec()).await?;
        let mut found = HashMap::new();
        for row in &rows {
            let count = |column| {
                row.int(column)
                    .map(|count| u64::try_from(count).unwrap_or(0))
            };
            let ended = count(1)?;
            let ending = DevicesEnding {
                ended,
                within_7: count(2)?.saturating_sub(ended),
                within_30: count(3)?.saturating_sub(ended),
                within_90: count(4)?.saturating_sub(ended),
            };
            if let Ok(account) = row.text(0)?.parse() {
                found.insert(account, ending);
            }
        }
        Ok(found)
    }

    /// An account's certificates of devices that are in a step, and end after what was told in it
    /// before: how many, the first end and the last.
    pub(super) async fn ending_untold(
        &self,
        account: AccountId,
        days: i64,
    ) -> Result<Option<(u64, Timestamp, Timestamp)>, IdentityError> {
        let now = self.clock.now();
        let nearer = STEPS.iter().take_while(|step| **step < days).last();
        let after = nearer.map_or(0, |nearer| now.0 + nearer * DAY_MICROS);
        let sql = "SELECT COUNT(*), MIN(not_after_us), MAX(not_after_us) FROM certificates \
                   WHERE account = $1 AND status = 'ACTIVE' AND not_after_us > $2 \
                     AND not_after_us <= $3 AND not_after_us > COALESCE( \
                       (SELECT CAST(value AS BIGINT) FROM facts WHERE name = $4), 0)";
        let args = vec![
            account.into(),
            after.into(),
            (now.0 + days * DAY_MICROS).into(),
            devices_fact(account, days).into(),
        ];
        let rows = self.catalog.read(sql, args).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let (Some(first), Some(last)) = (row.int_or_null(1)?, row.int_or_null(2)?) else {
            return Ok(None);
        };
        let count = u64::try_from(row.int(0)?).unwrap_or(0);
        Ok(Some((count, Timestamp(first), Timestamp(last))))
    }

    pub(super) async fn was_told(&self, fact: &str) -> Result<bool, IdentityError> {
        let sql = "SELECT value FROM facts WHERE name = $1";
        let rows = self.catalog.read(sql, vec![fact.into()]).await?;
        Ok(!rows.is_empty())
    }

    pub(super) async fn note_told(
        &self,
        fact: &str,
        until: Timestamp,
    ) -> Result<(), IdentityError> {
        let sql = "INSERT INTO facts (name, value) VALUES ($1, $2) \
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        let args = vec![fact.into(), until.0.to_string().into()];
        self.catalog.write(vec![Statement::new(sql, args)]).await?;
        Ok(())
    }
}

/// The name of a fact whose value is the last end, in microseconds, that was told in a step.
pub(super) fn devices_fact(account: AccountId, days: i64) -> String {
    format!("certificates told {days} devices {account}")
}
