// SPDX-License-Identifier: Apache-2.0
//! Rounds of upkeep over the tables of a lake, as workers and people ask for them.

use std::sync::Arc;

use hw_kernel::{Event, EventSink};
use hw_lake::{
    Duty, DutyReport, Lake, Maintenance, MaintenanceHandle, MaintenanceSettings, Retention,
};

struct Nobody;

impl EventSink for Nobody {
    fn emit(&self, _: Event) {}
}

/// The workers of a lake, and the handle to them.
pub fn upkeep(lake: &Arc<Lake>, retention: Retention) -> (Vec<Maintenance>, MaintenanceHandle) {
    let settings = MaintenanceSettings {
        retention,
        ..MaintenanceSettings::default()
    };
    Maintenance::new(Arc::clone(lake), settings, Arc::new(Nobody))
}

/// A round in which nothing fails.
pub async fn round(handle: &MaintenanceHandle, duty: Duty) -> DutyReport {
    let report = handle.run(duty).await.expect("a round");
    let failed = report.tables.iter().find_map(|table| table.error.as_ref());
    assert_eq!(failed, None);
    report
}
