// SPDX-License-Identifier: Apache-2.0
//! What goes from the log into the tables.

use hw_kernel::metric::{MetricSource, Page};
use hw_lake::IngestHandle;

/// Asks the ingest worker.
pub(super) struct Lake(pub IngestHandle);

impl MetricSource for Lake {
    fn write(&self, page: &mut Page) {
        let figures = self.0.figures();
        let counters = [
            (
                "headwater_lake_messages",
                "Messages read into table messages.",
                figures.messages,
            ),
            (
                "headwater_lake_events",
                "Events read into table events.",
                figures.events,
            ),
            (
                "headwater_lake_telemetry_rows",
                "Rows made in table telemetry.",
                figures.telemetry_rows,
            ),
            (
                "headwater_lake_repeats",
                "Records that had been read before, and were passed over.",
                figures.repeats,
            ),
            (
                "headwater_lake_unreadable",
                "Records that could not be read.",
                figures.poison,
            ),
            (
                "headwater_lake_commits",
                "Commits to Parquet.",
                figures.commits,
            ),
        ];
        for (name, help, value) in counters {
            page.counter(name, help).value(value);
        }
    }
}
