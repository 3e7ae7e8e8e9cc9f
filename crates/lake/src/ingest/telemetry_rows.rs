// SPDX-License-Identifier: Apache-2.0
//! Rows of table `telemetry` while they are gathered.

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use hw_kernel::record::message::Decoded;

use super::message_rows::{Stamp, text, times};
use crate::flatten::Leaves;

pub(super) struct TelemetryRows {
    time: TimestampMicrosecondBuilder,
    thing: StringBuilder,
    metric: StringBuilder,
    value: Float64Builder,
    text: StringBuilder,
    topic: StringBuilder,
    trace_id: StringBuilder,
}

impl Default for TelemetryRows {
    fn default() -> Self {
        Self {
            time: times(),
            thing: text(),
            metric: text(),
            value: Float64Builder::with_capacity(0),
            text: text(),
            topic: text(),
            trace_id: text(),
        }
    }
}

impl TelemetryRows {
    /// Appends a row for each leaf of a message; says how many bytes they take, about.
    pub fn push(&mut self, message: &Decoded<'_>, stamp: Stamp<'_>, leaves: &Leaves) -> usize {
        let thing_bytes = message.thing.map_or(0, str::len);
        let fixed = message.topic.len() + thing_bytes + stamp.trace_id.len() + 40;
        let mut bytes = 0;
        for leaf in leaves.iter() {
            self.time.append_value(stamp.time.0);
            self.thing.append_option(message.thing);
            self.metric.append_value(leaf.metric);
            self.value.append_option(leaf.value);
            self.text.append_option(leaf.text);
            self.topic.append_value(message.topic);
            self.trace_id.append_value(stamp.trace_id);
            bytes += fixed + leaf.metric.len() + leaf.text.map_or(0, str::len);
        }
        bytes
    }

    /// The rows so far; none are left.
    pub fn finish(&mut self, schema: &SchemaRef) -> RecordBatch {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.time.finish()),
            Arc::new(self.thing.finish()),
            Arc::new(self.metric.finish()),
            Arc::new(self.value.finish()),
            Arc::new(self.text.finish()),
            Arc::new(self.topic.finish()),
            Arc::new(self.trace_id.finish()),
        ];
        RecordBatch::try_new(Arc::clone(schema), columns).expect("the columns of the table's spec")
    }
}
