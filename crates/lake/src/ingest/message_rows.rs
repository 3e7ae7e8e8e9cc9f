// SPDX-License-Identifier: Apache-2.0
//! Rows of table `messages` while they are gathered.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, LargeBinaryBuilder, StringBuilder};
use arrow_array::builder::{Int32Builder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use hw_kernel::record::message::Decoded;
use hw_model::Timestamp;

/// What a message's rows in every table have in common.
#[derive(Clone, Copy)]
pub(super) struct Stamp<'a> {
    pub time: Timestamp,
    pub trace_id: &'a str,
    pub principal: Option<&'a str>,
}

pub(super) struct MessageRows {
    time: TimestampMicrosecondBuilder,
    topic: StringBuilder,
    thing: StringBuilder,
    client_id: StringBuilder,
    principal: StringBuilder,
    qos: Int32Builder,
    retain: BooleanBuilder,
    payload: LargeBinaryBuilder,
    trace_id: StringBuilder,
}

/// Columns start without room: a batch of one row must not take that of a thousand.
pub(super) fn text() -> StringBuilder {
    StringBuilder::with_capacity(0, 0)
}

pub(super) fn times() -> TimestampMicrosecondBuilder {
    TimestampMicrosecondBuilder::with_capacity(0).with_timezone("+00:00")
}

impl Default for MessageRows {
    fn default() -> Self {
        Self {
            time: times(),
            topic: text(),
            thing: text(),
            client_id: text(),
            principal: text(),
            qos: Int32Builder::with_capacity(0),
            retain: BooleanBuilder::with_capacity(0),
            payload: LargeBinaryBuilder::with_capacity(0, 0),
            trace_id: text(),
        }
    }
}

impl MessageRows {
    /// Appends a row; says how many bytes it takes, about.
    pub fn push(&mut self, message: &Decoded<'_>, stamp: Stamp<'_>) -> usize {
        let client_id = (!message.client_id.is_empty()).then_some(message.client_id);
        self.time.append_value(stamp.time.0);
        self.topic.append_value(message.topic);
        self.thing.append_option(message.thing);
        self.client_id.append_option(client_id);
        self.principal.append_option(stamp.principal);
        self.qos.append_value(i32::from(message.qos));
        self.retain.append_value(message.retain);
        self.payload.append_value(message.payload);
        self.trace_id.append_value(stamp.trace_id);
        let texts = [message.thing, client_id, stamp.principal];
        let texts: usize = texts.into_iter().flatten().map(str::len).sum();
        message.topic.len() + message.payload.len() + texts + stamp.trace_id.len() + 48
    }

    /// The rows so far; none are left.
    pub fn finish(&mut self, schema: &SchemaRef) -> RecordBatch {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.time.finish()),
            Arc::new(self.topic.finish()),
            Arc::new(self.thing.finish()),
            Arc::new(self.client_id.finish()),
            Arc::new(self.principal.finish()),
            Arc::new(self.qos.finish()),
            Arc::new(self.retain.finish()),
            Arc::new(self.payload.finish()),
            Arc::new(self.trace_id.finish()),
        ];
        RecordBatch::try_new(Arc::clone(schema), columns).expect("the columns of the table's spec")
    }
}
