// SPDX-License-Identifier: Apache-2.0
//! Rows of table `events` while they are gathered.

use std::sync::Arc;

use arrow_array::builder::{Int64Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use hw_kernel::Event;
use hw_model::Timestamp;

use super::message_rows::{text, times};

pub(super) struct EventRows {
    time: TimestampMicrosecondBuilder,
    kind: StringBuilder,
    thing: StringBuilder,
    client_id: StringBuilder,
    principal: StringBuilder,
    topic: StringBuilder,
    outcome: StringBuilder,
    cause: StringBuilder,
    count: Int64Builder,
    trace_id: StringBuilder,
    address: StringBuilder,
}

impl Default for EventRows {
    fn default() -> Self {
        Self {
            time: times(),
            kind: text(),
            thing: text(),
            client_id: text(),
            principal: text(),
            topic: text(),
            outcome: text(),
            cause: text(),
            count: Int64Builder::with_capacity(0),
            trace_id: text(),
            address: text(),
        }
    }
}

impl EventRows {
    /// Appends a row; says how many bytes it takes, about.
    pub fn push(&mut self, event: &Event, time: Timestamp) -> usize {
        self.time.append_value(time.0);
        self.kind.append_value(&event.kind);
        self.outcome.append_value(&event.outcome);
        self.cause.append_value(&event.cause);
        self.count
            .append_value(i64::try_from(event.count).unwrap_or(i64::MAX));
        let mut bytes = 64 + event.kind.len() + event.outcome.len() + event.cause.len();
        let optional = [
            (&mut self.thing, &event.thing),
            (&mut self.client_id, &event.client_id),
            (&mut self.principal, &event.principal),
            (&mut self.topic, &event.topic),
            (&mut self.trace_id, &event.trace_id),
            (&mut self.address, &event.address),
        ];
        for (column, value) in optional {
            column.append_option(value.as_deref());
            bytes += value.as_ref().map_or(0, String::len);
        }
        bytes
    }

    /// The rows so far; none are left.
    pub fn finish(&mut self, schema: &SchemaRef) -> RecordBatch {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.time.finish()),
            Arc::new(self.kind.finish()),
            Arc::new(self.thing.finish()),
            Arc::new(self.client_id.finish()),
            Arc::new(self.principal.finish()),
            Arc::new(self.topic.finish()),
            Arc::new(self.outcome.finish()),
            Arc::new(self.cause.finish()),
            Arc::new(self.count.finish()),
            Arc::new(self.trace_id.finish()),
            Arc::new(self.address.finish()),
        ];
        RecordBatch::try_new(Arc::clone(schema), columns).expect("the columns of the table's spec")
    }
}
