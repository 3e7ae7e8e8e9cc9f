// SPDX-License-Identifier: Apache-2.0
//! Rows of table `telemetry` while they are gathered.

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use hw_kernel::record::message::Decoded;

use super::message_rows::{Stamp, batch, times};
use super::texts::Texts;
use crate::flatten::Leaves;

/// Bytes of a row: time, value, five numbers of texts.
const ROW_BYTES: usize = 40;

pub(super) struct TelemetryRows {
    time: TimestampMicrosecondBuilder,
    thing: Texts,
    metric: Texts,
    value: Float64Builder,
    text: Texts,
    topic: Texts,
    trace_id: Texts,
}

impl Default for TelemetryRows {
    fn default() -> Self {
        Self {
            time: times(),
            thing: Texts::default(),
            metric: Texts::default(),
            value: Float64Builder::with_capacity(0),
            text: Texts::default(),
            topic: Texts::default(),
            trace_id: Texts::default(),
        }
    }
}

impl TelemetryRows {
    /// Appends a row for each leaf of a message; says how many bytes they take, about.
    pub fn push(&mut self, message: &Decoded<'_>, stamp: Stamp<'_>, leaves: &Leaves) -> usize {
        if leaves.is_empty() {
            return 0;
        }
        let thing = message.thing.map(|thing| self.thing.number(thing));
        let topic = self.topic.number(message.topic);
        let trace_id = self.trace_id.new_number(stamp.trace_id);
        let mut bytes = stamp.trace_id.len();
        for leaf in leaves.iter() {
            self.time.append_value(stamp.time.0);
            match thing {
                Some(thing) => self.thing.push(thing),
                None => self.thing.push_null(),
            }
            self.metric.append(Some(leaf.metric));
            self.value.append_option(leaf.value);
            self.text.append(leaf.text);
            self.topic.push(topic);
            self.trace_id.push(trace_id);
            bytes += ROW_BYTES + leaf.text.map_or(0, str::len);
        }
        bytes
    }

    /// The rows so far; none are left.
    pub fn finish(&mut self, schema: &SchemaRef) -> RecordBatch {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.time.finish()),
            self.thing.finish(),
            self.metric.finish(),
            Arc::new(self.value.finish()),
            self.text.finish(),
            self.topic.finish(),
            self.trace_id.finish(),
        ];
        batch(schema, columns)
    }
}
