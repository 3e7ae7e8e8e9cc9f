// SPDX-License-Identifier: Apache-2.0
//! The decoder on records of every kind, and on any bytes.

use std::time::Duration;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use hw_kernel::Event;
use hw_kernel::port::log::Stream;
use hw_kernel::port::position::{Partition, Position};
use hw_kernel::record::batch::{Batch, Envelope};
use hw_kernel::record::message::{Message, PrincipalRef};
use hw_kernel::record::{event, message};
use hw_model::trace::Producer;
use hw_model::{AccountId, CertificateId, Timestamp, TraceId};
use proptest::prelude::*;

use super::decoder::{Decoder, Moment, Rows};

const NOW: Moment = Moment {
    time: Timestamp(9),
    monotonic: Duration::from_secs(1),
};

fn envelope(stream: Stream, sequence: u64) -> Envelope {
    let producer = Producer { epoch: 1, shard: 0 };
    Envelope {
        stream,
        account: AccountId::FIRST,
        trace: TraceId { producer, sequence },
        time: Timestamp(1_000 + sequence as i64),
    }
}

fn push_message(batch: &mut Batch, sequence: u64, payload: &[u8]) {
    let message = Message {
        topic: "a/b",
        client_id: "c",
        principal: PrincipalRef::Certificate(CertificateId([0xab; 32])),
        thing: Some("t"),
        qos: 1,
        retain: false,
        properties: &[],
        payload,
        recipients: &[],
    };
    let envelope = envelope(Stream::MESSAGES, sequence);
    batch.push(&envelope, |out| message::encode(&message, out));
}

fn decoder() -> Decoder {
    Decoder::new(Default::default(), Vec::new())
}

fn rows<'a>(rows: &'a [Rows], table: &str) -> Option<&'a arrow_array::RecordBatch> {
    rows.iter()
        .find(|rows| rows.table == table)
        .map(|rows| &rows.batch)
}

fn texts(rows: &[Rows], table: &str, column: &str) -> Vec<String> {
    let column = rows_of(rows, table)
        .column_by_name(column)
        .expect("has it")
        .clone();
    let column = match column.as_any_dictionary_opt() {
        Some(texts) => arrow_select::take::take(texts.values(), texts.keys(), None).expect("takes"),
        None => column,
    };
    column
        .as_string::<i32>()
        .iter()
        .map(|text| text.unwrap_or("NULL").to_owned())
        .collect()
}

fn rows_of<'a>(all: &'a [Rows], table: &str) -> &'a arrow_array::RecordBatch {
    rows(all, table).expect("has rows")
}

#[test]
fn a_message_is_a_row_and_its_leaves_are_rows() {
    let mut batch = Batch::default();
    push_message(&mut batch, 1, br#"{"x":1.5,"s":"on"}"#);
    push_message(&mut batch, 1, b"a repeat");
    push_message(&mut batch, 2, b"plain text");
    let mut decoder = decoder();
    assert_eq!(decoder.take(batch.bytes(), NOW), batch.bytes().len());
    let found = decoder.finish();
    let messages = rows_of(&found, "messages");
    assert_eq!(messages.num_rows(), 2);
    let payload = messages
        .column_by_name("payload")
        .expect("has it")
        .as_binary::<i64>();
    assert_eq!(payload.value(0), br#"{"x":1.5,"s":"on"}"#);
    assert_eq!(
        texts(&found, "messages", "principal"),
        ["ab".repeat(32), "ab".repeat(32)]
    );
    assert_eq!(texts(&found, "telemetry", "metric"), ["x", "s"]);
    assert_eq!(texts(&found, "telemetry", "text"), ["NULL", "on"]);
    let values = rows_of(&found, "telemetry")
        .column_by_name("value")
        .expect("has it");
    let values = values.as_primitive::<Float64Type>();
    assert!(values.value(0) == 1.5 && values.is_null(1));
    assert_eq!(
        texts(&found, "telemetry", "trace_id")[0],
        "00000001-0000-8000-8000-000000000001"
    );
    assert!(rows(&found, "events").is_none());
    assert_eq!(
        (decoder.counts().messages, decoder.counts().repeats),
        (2, 1)
    );
    assert!(decoder.finish().is_empty());
}

#[test]
fn broken_payloads_give_one_event_and_a_count() {
    let mut batch = Batch::default();
    for sequence in 1..=5 {
        push_message(&mut batch, sequence, b"{\"x\":");
    }
    push_message(&mut batch, 6, format!("[{}1]", "1,".repeat(257)).as_bytes());
    let mut decoder = decoder();
    decoder.take(batch.bytes(), NOW);
    let first = decoder.finish();
    assert_eq!(texts(&first, "events", "outcome"), ["ignored", "cut"]);
    let causes = texts(&first, "events", "cause");
    assert_eq!(
        causes[0],
        "the payload starts like JSON but is not: it ends too early"
    );
    assert!(
        causes[1].starts_with("more than 256 values"),
        "{}",
        causes[1]
    );
    assert_eq!(rows_of(&first, "telemetry").num_rows(), 256);
    decoder.write_counts(NOW);
    let counted = decoder.finish();
    let counts = rows_of(&counted, "events")
        .column_by_name("count")
        .expect("has it")
        .clone();
    assert_eq!(counts.as_primitive::<Int64Type>().values(), &[4]);
    decoder.write_counts(NOW);
    assert!(decoder.finish().is_empty());
}

#[test]
fn poison_is_counted_and_passed_over() {
    let mut batch = Batch::default();
    batch.push(&envelope(Stream::MESSAGES, 1), |out| {
        out.extend_from_slice(b"\x63 of another release")
    });
    batch.push(&envelope(Stream::EVENTS, 2), |_| {});
    let mut tried = Event::new(
        AccountId::FIRST,
        "connect",
        "refused",
        "certificate unknown",
    );
    tried.address = Some("192.0.2.1".into());
    tried.count = 3;
    batch.push(&envelope(Stream::EVENTS, 3), |out| {
        event::encode(&tried, out)
    });
    push_message(&mut batch, 4, b"1");
    let mut decoder = decoder();
    assert_eq!(decoder.take(batch.bytes(), NOW), batch.bytes().len());
    let found = decoder.finish();
    assert_eq!(decoder.counts().poison, 2);
    let kinds = texts(&found, "events", "kind");
    assert_eq!(kinds, ["record", "record", "connect"]);
    assert_eq!(texts(&found, "events", "address")[2], "192.0.2.1");
    assert_eq!(rows_of(&found, "messages").num_rows(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_taken(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        bodies in prop::collection::vec((0u16..4, prop::collection::vec(any::<u8>(), 0..80)), 0..6),
        damage in any::<(prop::sample::Index, u8)>(),
    ) {
        let mut batch = Batch::default();
        for ((stream, body), sequence) in bodies.iter().zip(1..) {
            batch.push(&envelope(Stream(*stream), sequence), |out| out.extend_from_slice(body));
        }
        push_message(&mut batch, 99, &bytes);
        let mut records = batch.into_bytes();
        let at = damage.0.index(records.len());
        records[at] = damage.1;
        let mut decoder = decoder();
        decoder.take(&records, NOW);
        decoder.finish();
        decoder.take(&bytes, NOW);
    }
}

#[test]
fn the_end_that_a_reader_waits_for_is_of_what_the_worker_reads() {
    let at = |stream: Stream, offset| {
        let place = Partition {
            stream: stream.0,
            partition: 0,
            epoch: 1,
        };
        (place, offset)
    };
    let here = Position([at(Stream::MESSAGES, 10), at(Stream::EVENTS, 10)].into());
    let mut end = here.clone();
    end.0
        .extend([at(Stream::RETAINED, 9), at(Stream::SESSIONS, 7)]);
    assert!(!here.covers(&end));
    assert!(here.covers(&super::run::as_read(end)));
}
