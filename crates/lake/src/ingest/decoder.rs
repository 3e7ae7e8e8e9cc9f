// SPDX-License-Identifier: Apache-2.0
//! From the Log's records to rows of tables, by account. Pure: bytes in, batches out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use hw_kernel::Event;
use hw_kernel::port::cursor::Cursor;
use hw_kernel::port::log::{Loss, Stream};
use hw_kernel::port::position::Position;
use hw_kernel::port::tables::TableSpec;
use hw_kernel::record::batch::{self, RecordRef};
use hw_kernel::record::message::{Decoded, PrincipalRef};
use hw_kernel::record::{event, message};
use hw_model::{AccountId, CertificateId, Timestamp};

use super::behind::Behind;
use super::complaints::{self, Complaints};
use super::event_rows::EventRows;
use super::hex;
use super::message_rows::{MessageRows, Stamp};
use super::telemetry_rows::TelemetryRows;
use crate::flatten::{Leaves, Payload, flatten};
use crate::{schema, spec};

const MESSAGES: &str = spec::messages::SPEC.name;
const TELEMETRY: &str = spec::telemetry::SPEC.name;
const EVENTS: &str = spec::events::SPEC.name;

/// Bytes of rows after which a call of [`Decoder::take`] stops: a record can give rows of many
/// times its size.
const ROW_BYTES_MAX: usize = 8 << 20;

/// When something is done: by the wall, for rows, and monotonic, for counting.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub time: Timestamp,
    pub monotonic: Duration,
}

/// Rows for a table.
pub(super) struct Rows {
    pub account: AccountId,
    pub table: &'static str,
    pub batch: RecordBatch,
}

/// What was read, for people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub messages: u64,
    pub events: u64,
    pub telemetry_rows: u64,
    pub repeats: u64,
    pub poison: u64,
}

/// Reads records one behind the other, and keeps the cursor that goes with the rows.
pub(super) struct Decoder {
    cursor: Cursor,
    behind: Behind,
    accounts: BTreeMap<AccountId, Account>,
    complaints: Complaints,
    leaves: Leaves,
    trace_id: String,
    principal: Principal,
    schemas: [SchemaRef; 3],
    row_bytes: usize,
    counts: Counts,
}

#[derive(Default)]
struct Account {
    messages: MessageRows,
    telemetry: TelemetryRows,
    events: EventRows,
}

/// The last certificate's text: messages of one device often stand side by side.
#[derive(Default)]
struct Principal {
    certificate: Option<CertificateId>,
    text: String,
}

impl Principal {
    fn text<'a>(&'a mut self, principal: PrincipalRef<'a>) -> Option<&'a str> {
        match principal {
            PrincipalRef::None => None,
            PrincipalRef::Other(name) => Some(name),
            PrincipalRef::Certificate(id) => {
                if self.certificate != Some(id) {
                    hex::certificate_id(id, &mut self.text);
                    self.certificate = Some(id);
                }
                Some(&self.text)
            }
        }
    }
}

impl Decoder {
    /// A reader that begins at `cursor`, for tables that have come to `tables`.
    pub fn new(cursor: Cursor, tables: Vec<(AccountId, &'static str, Cursor)>) -> Self {
        let schema = |spec: &TableSpec| {
            let iceberg = schema::iceberg(spec).and_then(|schema| schema::arrow(&schema));
            iceberg.expect("the lake's own specs are sound")
        };
        let specs = [
            &spec::messages::SPEC,
            &spec::telemetry::SPEC,
            &spec::events::SPEC,
        ];
        let behind = Behind::of(tables, &cursor.position);
        Self::with(cursor, behind, specs.map(schema))
    }

    fn with(cursor: Cursor, behind: Behind, schemas: [SchemaRef; 3]) -> Self {
        Self {
            behind,
            cursor,
            accounts: BTreeMap::new(),
            complaints: Complaints::default(),
            leaves: Leaves::default(),
            trace_id: String::new(),
            principal: Principal::default(),
            schemas,
            row_bytes: 0,
            counts: Counts::default(),
        }
    }

    /// Stands where a decoder was that works on another thread.
    pub fn stand_in() -> Self {
        let schemas = std::array::from_fn(|_| Arc::new(arrow_schema::Schema::empty()));
        Self::with(Cursor::default(), Behind::default(), schemas)
    }

    /// What all rows given out so far come from, and nothing more.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Takes records off the front of `bytes` until they end or enough rows are gathered; says how
    /// many bytes it took.
    pub fn take(&mut self, bytes: &[u8], now: Moment) -> usize {
        let mut taken = 0;
        while taken < bytes.len() && self.row_bytes < ROW_BYTES_MAX {
            match batch::decode(&bytes[taken..]) {
                Ok((record, length)) => {
                    self.record(&record, now);
                    taken += length;
                }
                Err(error) => {
                    // The Log checks its checksums, so this is a record of a newer release.
                    self.counts.poison += 1;
                    let event = complaints::poison(AccountId::FIRST, &error);
                    self.complain(event, now.time, now);
                    return bytes.len();
                }
            }
        }
        taken
    }

    /// The rows gathered so far.
    pub fn finish(&mut self) -> Vec<Rows> {
        self.row_bytes = 0;
        let mut rows = Vec::new();
        for (account, columns) in &mut self.accounts {
            let [messages, telemetry, events] = &self.schemas;
            let batches = [
                (MESSAGES, columns.messages.finish(messages)),
                (TELEMETRY, columns.telemetry.finish(telemetry)),
                (EVENTS, columns.events.finish(events)),
            ];
            let full = batches
                .into_iter()
                .filter(|(_, batch)| batch.num_rows() > 0);
            rows.extend(full.map(|(table, batch)| Rows {
                account: *account,
                table,
                batch,
            }));
        }
        self.accounts.clear();
        rows
    }

    /// Everything that a read gave was taken: it reached to `next`.
    pub fn pass(&mut self, next: &Position) {
        self.cursor.position.advance(next);
        self.behind.pass(&self.cursor.position);
    }

    /// Takes note of records that can't be had.
    pub fn lost(&mut self, lost: &[Loss], now: Moment) {
        for loss in lost {
            tracing::warn!(
                log.cause = loss.cause,
                log.bytes = loss.bytes,
                "records are lost"
            );
            self.complain(complaints::loss(loss), now.time, now);
        }
    }

    /// Adds rows for what was counted: before a commit.
    pub fn write_counts(&mut self, now: Moment) {
        for event in self.complaints.counts(now.monotonic) {
            self.event_row(event.account, &event, now.time);
        }
    }

    fn record(&mut self, record: &RecordRef<'_>, now: Moment) {
        let trace = record.envelope.trace;
        if !self.cursor.admit(trace.producer, trace.sequence) {
            self.counts.repeats += 1;
            return;
        }
        match record.envelope.stream {
            Stream::MESSAGES => self.message(record, now),
            Stream::EVENTS => self.event(record, now),
            _ => {}
        }
    }

    fn message(&mut self, record: &RecordRef<'_>, now: Moment) {
        match message::decode(record.body) {
            Ok(message) => self.message_rows(record, &message, now),
            Err(error) => self.poison(record, &error, now),
        }
    }

    fn message_rows(&mut self, record: &RecordRef<'_>, message: &Decoded<'_>, now: Moment) {
        let (envelope, behind) = (record.envelope, &self.behind);
        let fresh = |table| !behind.has_seen(envelope.account, table, envelope.trace);
        let columns = self.accounts.entry(envelope.account).or_default();
        hex::trace_id(envelope.trace, &mut self.trace_id);
        let stamp = Stamp {
            time: envelope.time,
            trace_id: &self.trace_id,
            principal: self.principal.text(message.principal),
        };
        self.counts.messages += 1;
        if fresh(MESSAGES) {
            self.row_bytes += columns.messages.push(message, stamp);
        }
        let payload = flatten(message.payload, &mut self.leaves);
        if fresh(TELEMETRY) {
            self.counts.telemetry_rows += self.leaves.len() as u64;
            self.row_bytes += columns.telemetry.push(message, stamp, &self.leaves);
        }
        let cut = self.leaves.cut();
        if (payload == Payload::Json && cut == Default::default()) || payload == Payload::Other {
            return;
        }
        if !fresh(EVENTS) {
            return;
        }
        let broken = match payload {
            Payload::Broken(broken) => Some(complaints::broken(envelope.account, broken)),
            _ => None,
        };
        let all = broken
            .into_iter()
            .chain(complaints::cut(envelope.account, cut));
        for event in all.collect::<Vec<_>>() {
            let event = complaints::about(event, message, stamp);
            if let Some(first) = self.complaints.take(event, now.monotonic) {
                self.row_bytes += columns.events.push(&first, envelope.time);
            }
        }
    }

    fn event(&mut self, record: &RecordRef<'_>, now: Moment) {
        let envelope = record.envelope;
        if self
            .behind
            .has_seen(envelope.account, EVENTS, envelope.trace)
        {
            return;
        }
        match event::decode(record.body) {
            Ok(event) => {
                self.counts.events += 1;
                self.event_row(envelope.account, &event, envelope.time);
            }
            Err(error) => self.poison(record, &error, now),
        }
    }

    fn poison(&mut self, record: &RecordRef<'_>, error: &dyn std::fmt::Display, now: Moment) {
        let envelope = record.envelope;
        self.counts.poison += 1;
        if !self
            .behind
            .has_seen(envelope.account, EVENTS, envelope.trace)
        {
            let event = complaints::poison(envelope.account, error).about(envelope.trace);
            self.complain(event, envelope.time, now);
        }
    }

    /// Tells of something that happened here and now.
    pub fn tell(&mut self, event: Event, now: Moment) {
        self.complain(event, now.time, now);
    }

    fn complain(&mut self, event: Event, time: Timestamp, now: Moment) {
        if let Some(first) = self.complaints.take(event, now.monotonic) {
            self.event_row(first.account, &first, time);
        }
    }

    fn event_row(&mut self, account: AccountId, event: &Event, time: Timestamp) {
        let columns = self.accounts.entry(account).or_default();
        self.row_bytes += columns.events.push(event, time);
    }
}
