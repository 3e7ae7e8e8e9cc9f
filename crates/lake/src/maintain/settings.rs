// SPDX-License-Identifier: Apache-2.0
//! What people may set about upkeep.

use crate::table::CompactLimits;

/// How long tables keep their rows, in days; 0 is for ever, and so are tables that are not named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// Of table `messages`.
    pub messages_days: u32,
    /// Of table `telemetry`.
    pub telemetry_days: u32,
    /// Of table `events`.
    pub events_days: u32,
}

impl Retention {
    /// Days for which a table is kept, if not for ever.
    pub fn days(&self, table: &str) -> Option<u32> {
        let days = match table {
            "messages" => self.messages_days,
            "telemetry" => self.telemetry_days,
            "events" => self.events_days,
            _ => 0,
        };
        (days > 0).then_some(days)
    }
}

/// Settings of upkeep.
#[derive(Debug, Clone, Default)]
pub struct MaintenanceSettings {
    /// Limits of compaction.
    pub compact: CompactLimits,
    /// How long tables keep their rows.
    pub retention: Retention,
}
