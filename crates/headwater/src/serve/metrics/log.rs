// SPDX-License-Identifier: Apache-2.0
//! The durable log.

use std::sync::Arc;

use hw_kernel::metric::{MetricSource, Page};

/// Asks the log how it stands.
pub(super) struct Log(pub Arc<dyn hw_kernel::Log>);

impl MetricSource for Log {
    fn write(&self, page: &mut Page) {
        let status = self.0.status();
        page.gauge("headwater_log_bytes", "Bytes that the log holds.")
            .value(status.bytes);
        page.gauge("headwater_log_segments", "Segment files of the log.")
            .value(status.segments);
        page.gauge(
            "headwater_log_quarantined_files",
            "Damaged files of the log that were put aside.",
        )
        .value(status.quarantined.len());
        page.gauge(
            "headwater_log_failed",
            "1 once a write failed: nothing more is acknowledged.",
        )
        .value(u8::from(status.failed.is_some()));
        let help = "How long each sync of the log's disk took.";
        page.histogram("headwater_log_sync_seconds", help, &status.syncs);
    }
}
