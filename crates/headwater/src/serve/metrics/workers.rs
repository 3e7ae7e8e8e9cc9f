// SPDX-License-Identifier: Apache-2.0
//! Background workers.

use std::sync::Arc;

use hw_kernel::Crew;
use hw_kernel::metric::{MetricSource, Page};

/// Asks the crew.
pub(super) struct Workers(pub Arc<Crew>);

impl MetricSource for Workers {
    fn write(&self, page: &mut Page) {
        let help = "1 while a worker works or waits for work, 0 while its last try failed.";
        let family = page.gauge("headwater_worker_healthy", help);
        self.0.statuses().iter().fold(family, |family, status| {
            let failing = matches!(status.state.as_str(), "failing" | "failed");
            let healthy = !failing && status.last_error.is_none();
            family.with(&[("worker", &status.name)], u8::from(healthy))
        });
    }
}
