// SPDX-License-Identifier: Apache-2.0
//! Owed messages as they stand in the Log.

use std::collections::BTreeMap;

use hw_kernel::Log;
use hw_kernel::port::log::{LogError, Stream};
use hw_kernel::port::position::{Partition, Position};
use hw_kernel::record::batch::{Envelope, RecordRef};
use hw_kernel::record::message::{self, Decoded};
use hw_session::journal::{FoundMessage, Recipient};

use crate::journal::owed;

/// Bytes that are read at once.
const READ_BYTES: usize = 256 << 10;

/// Bytes of messages that are brought at once; the others are asked for again.
const BROUGHT_BYTES_MAX: usize = 1 << 20;

/// The streams in which an owed message stands.
const STREAMS: [Stream; 2] = [Stream::OWED, Stream::MESSAGES];

/// An owed message as it stands in the Log.
#[derive(Debug)]
pub struct Stored {
    /// Of its record.
    pub envelope: Envelope,
    /// Who is owed it.
    pub recipients: Vec<Recipient>,
    /// The message, encoded as in the Log.
    pub body: Vec<u8>,
}

impl Stored {
    /// The message.
    pub fn message(&self) -> Option<Decoded<'_>> {
        message::decode(&self.body).ok()
    }

    /// As that session is owed it; `None` if it is not.
    pub fn for_session(&self, session: u64) -> Option<FoundMessage> {
        let recipient = self.recipients.iter().find(|it| it.session == session)?;
        let message = self.message()?;
        Some(FoundMessage {
            trace: self.envelope.trace,
            time: self.envelope.time,
            topic: message.topic.into(),
            properties: message.properties.into(),
            payload: message.payload.into(),
            qos: recipient.qos,
            retain: recipient.retain,
            subscription_ids: recipient.subscription_ids.clone(),
        })
    }
}

/// The position behind which a record at that place is the first one.
pub fn after(log: &dyn Log, streams: &[Stream], place: u64) -> Position {
    let life = log.end().0.keys().next().copied();
    let partition = life.unwrap_or(Partition {
        stream: 0,
        partition: 0,
        epoch: 0,
    });
    let of = |stream: &Stream| {
        let stream = stream.0;
        (
            Partition {
                stream,
                ..partition
            },
            place,
        )
    };
    Position(streams.iter().map(of).collect())
}

/// Reads the messages at these places, as many as are brought at once. `None`: it is not there.
pub async fn fetch(
    log: &dyn Log,
    places: &[u64],
) -> Result<BTreeMap<u64, Option<Stored>>, LogError> {
    let mut found: BTreeMap<u64, Option<Stored>> = BTreeMap::new();
    let mut bytes = 0;
    for place in places {
        if found.contains_key(place) {
            continue;
        }
        if bytes > BROUGHT_BYTES_MAX {
            break;
        }
        found.insert(*place, None);
        let at = after(log, &STREAMS, *place);
        // One read holds a record and its message, and often more that are wanted.
        let read = log.read(&STREAMS, &at, READ_BYTES).await?;
        let mut records = read.placed().peekable();
        while let Some((start, record)) = records.next() {
            if record.envelope.stream != Stream::OWED || !places.contains(&start) {
                continue;
            }
            let next = records.peek().map(|(_, next)| *next);
            if let Some(stored) = stored(&record, next.as_ref()) {
                bytes += stored.body.len();
                found.insert(start, Some(stored));
            }
        }
        drop(records);
        if found.get(place).is_some_and(Option::is_none)
            && let Some(stored) = read_both(log, &at).await?
        {
            // The message did not fit into the read with its record.
            bytes += stored.body.len();
            found.insert(*place, Some(stored));
        }
    }
    Ok(found)
}

/// Reads the record behind that position and the message behind it, one by one.
async fn read_both(log: &dyn Log, at: &Position) -> Result<Option<Stored>, LogError> {
    let first = log.read(&STREAMS, at, 1).await?;
    let Some(record) = first.records().next() else {
        return Ok(None);
    };
    let second = log.read(&STREAMS, &first.next, 1).await?;
    Ok(stored(&record, second.records().next().as_ref()))
}

/// The message of a record, which is in it or in the next one.
fn stored(record: &RecordRef<'_>, next: Option<&RecordRef<'_>>) -> Option<Stored> {
    let owed = owed::decode(record.body).ok()?;
    let body = match owed::message_bytes(record.body) {
        Some(here) => here,
        None => {
            let is_it = |it: &&RecordRef<'_>| {
                let there = it.envelope;
                there.stream == Stream::MESSAGES && there.trace == record.envelope.trace
            };
            next.filter(is_it)?.body
        }
    };
    Some(Stored {
        envelope: record.envelope,
        recipients: owed.recipients,
        body: body.to_vec(),
    })
}
