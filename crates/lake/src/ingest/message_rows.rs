// SPDX-License-Identifier: Apache-2.0
//! Rows of table `messages` while they are gathered.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, LargeBinaryBuilder, StringBuilder};
use arrow_array::builder::{Int32Builder, TimestampMicrosecondBuilder};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{Schema, SchemaRef};
use hw_kernel::record::message::Decoded;
use hw_model::Timestamp;

use super::texts::Texts;

/// What a message's rows in every table have in common.
#[derive(Clone, Copy)]
pub(super) struct Stamp<'a> {
    pub time: Timestamp,
    pub trace_id: &'a str,
    pub principal: Option<&'a str>,
}

pub(super) struct MessageRows {
    time: TimestampMicrosecondBuilder,
    topic: Texts,
    thing: Texts,
    client_id: Texts,
    principal: Texts,
    qos: Int32Builder,
    retain: BooleanBuilder,
    payload: LargeBinaryBuilder,
    trace_id: StringBuilder,
}

/// Bytes of a row beside payload and trace id: time, lengths, numbers of texts.
const ROW_BYTES: usize = 48;

/// A batch of a table's columns, whose texts may stand in dictionaries.
pub(super) fn batch(schema: &SchemaRef, columns: Vec<ArrayRef>) -> RecordBatch {
    let pairs = schema.fields().iter().zip(&columns);
    let fields = pairs.map(|(field, column)| {
        let field = field.as_ref().clone();
        field.with_data_type(column.data_type().clone())
    });
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    RecordBatch::try_new(schema, columns).expect("the columns of the table's spec")
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
            topic: Texts::default(),
            thing: Texts::default(),
            client_id: Texts::default(),
            principal: Texts::default(),
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
        self.topic.append(Some(message.topic));
        self.thing.append(message.thing);
        self.client_id.append(client_id);
        self.principal.append(stamp.principal);
        self.qos.append_value(i32::from(message.qos));
        self.retain.append_value(message.retain);
        self.payload.append_value(message.payload);
        self.trace_id.append_value(stamp.trace_id);
        message.payload.len() + stamp.trace_id.len() + ROW_BYTES
    }

    /// The rows so far; none are left.
    pub fn finish(&mut self, schema: &SchemaRef) -> RecordBatch {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.time.finish()),
            self.topic.finish(),
            self.thing.finish(),
            self.client_id.finish(),
            self.principal.finish(),
            Arc::new(self.qos.finish()),
            Arc::new(self.retain.finish()),
            Arc::new(self.payload.finish()),
            Arc::new(self.trace_id.finish()),
        ];
        batch(schema, columns)
    }
}
