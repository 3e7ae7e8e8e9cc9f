// SPDX-License-Identifier: Apache-2.0
//! Sessions and retained messages from the Log, at a start: everything that was written down is
//! played again, in its order.

use std::collections::{BTreeMap, HashMap};

use hw_kernel::Log;
use hw_kernel::port::log::{LogError, Stream};
use hw_kernel::port::position::Position;
use hw_kernel::record::batch::RecordRef;
use hw_kernel::record::retained;
use hw_model::TraceId;
use hw_session::Retained;
use hw_session::journal::{Assigned, Debt, SessionImage};

use crate::journal::note::{self, Read};
use crate::journal::owed;
use crate::retained::RetainedMessages;

/// The streams that hold sessions and what they are owed.
pub const STREAMS: [Stream; 3] = [Stream::SESSIONS, Stream::OWED, Stream::RETAINED];

/// Bytes that are read at once.
const READ_BYTES: usize = 4 << 20;

/// What was found.
#[derive(Debug, Default)]
pub struct Rebuilt {
    /// Sessions with what they are owed, in order.
    pub sessions: Vec<(SessionImage, Vec<Debt>)>,
    /// Records that could not be read, or that the Log has lost: for an event.
    pub lost: Vec<String>,
}

#[derive(Debug, Default)]
struct Building {
    image: Option<SessionImage>,
    debts: BTreeMap<u64, Debt>,
}

/// A message of QoS 2 that came from a session, and may not be in the Log.
#[derive(Debug)]
struct Doubtful {
    place: u64,
    trace: TraceId,
}

/// Reads all of it.
pub async fn rebuild(log: &dyn Log, kept: &RetainedMessages) -> Result<Rebuilt, LogError> {
    let mut builder = Builder::default();
    let mut at = Position::start();
    loop {
        let read = log.read(&STREAMS, &at, READ_BYTES).await?;
        builder
            .lost
            .extend(read.lost.iter().map(|it| it.cause.clone()));
        for (place, record) in read.placed() {
            builder.take(place, &record, kept);
        }
        if read.bytes.is_empty() {
            break;
        }
        at = read.next;
    }
    kept.restored();
    builder.check(log).await?;
    Ok(builder.finish())
}

#[derive(Debug, Default)]
struct Builder {
    sessions: HashMap<u64, Building>,
    doubtful: HashMap<(u64, u16), Doubtful>,
    lost: Vec<String>,
}

impl Builder {
    fn take(&mut self, place: u64, record: &RecordRef<'_>, kept: &RetainedMessages) {
        let envelope = record.envelope;
        let read = match envelope.stream {
            Stream::SESSIONS => note::decode(envelope.account, record.body)
                .map(|(number, note)| self.note(number, note, envelope.time)),
            Stream::OWED => {
                owed::decode(record.body).map(|owed| self.owed(place, envelope.trace, &owed))
            }
            _ => match retained::decode(record.body) {
                Ok((number, message)) => {
                    let retained = Retained {
                        topic: message.topic.into(),
                        payload: message.payload.into(),
                        properties: message.properties.into(),
                        qos: message.qos,
                        trace: envelope.trace,
                        since: envelope.time,
                        replaced: false.into(),
                    };
                    kept.restore(envelope.account, number, retained);
                    Ok(())
                }
                Err(_) => Err(crate::journal::BadRecord),
            },
        };
        if let Err(error) = read {
            self.lost
                .push(format!("{error} (stream {})", envelope.stream.0));
        }
    }

    fn note(&mut self, number: u64, note: Read, time: hw_model::Timestamp) {
        if note == Read::Ended {
            self.sessions.remove(&number);
            return;
        }
        let building = self.sessions.entry(number).or_default();
        if let Read::Whole(image) = note {
            building.image = Some(*image);
            return;
        }
        if let Read::Consumed(origins) = &note {
            for origin in origins {
                building.debts.remove(origin);
            }
        }
        // Of one whose first record was let go, another is still to come: it says all of this.
        let Some(image) = building.image.as_mut() else {
            return;
        };
        match note {
            Read::Back {
                expiry_seconds,
                owner,
                will,
            } => {
                (image.expiry_seconds, image.owner, image.will) = (expiry_seconds, owner, will);
                image.away_since = None;
            }
            Read::Away {
                expiry_seconds,
                will,
            } => {
                (image.expiry_seconds, image.will) = (expiry_seconds, will);
                image.away_since = Some(time);
            }
            Read::Subscribed(subscription) => {
                image
                    .subscriptions
                    .retain(|it| it.filter != subscription.filter);
                image.subscriptions.push(subscription);
            }
            Read::Unsubscribed(filter) => image.subscriptions.retain(|it| it.filter != filter),
            Read::WillGone => image.will = None,
            Read::Consumed(origins) => {
                image.assigned.retain(|it| !origins.contains(&it.origin));
            }
            Read::Assigned(assigned) => set(&mut image.assigned, assigned),
            Read::Released(id) => {
                image.incoming.retain(|it| *it != id);
                self.doubtful.remove(&(number, id));
            }
            Read::Whole(_) | Read::Ended => {}
        }
    }

    fn owed(&mut self, place: u64, trace: TraceId, owed: &owed::Read<'_>) {
        let origin = owed.origin.unwrap_or(place);
        for recipient in &owed.recipients {
            let debt = Debt {
                origin,
                place,
                qos: recipient.qos,
            };
            let building = self.sessions.entry(recipient.session).or_default();
            building.debts.insert(origin, debt);
        }
        let Some((session, packet_id)) = owed.received else {
            return;
        };
        if let Some(image) = self
            .sessions
            .get_mut(&session)
            .and_then(|it| it.image.as_mut())
            && !image.incoming.contains(&packet_id)
        {
            image.incoming.push(packet_id);
        }
        // The newest record of an id counts: what was doubtful before has been sent again.
        self.doubtful.remove(&(session, packet_id));
        if owed.is_next {
            let doubt = Doubtful { place, trace };
            self.doubtful.insert((session, packet_id), doubt);
        }
    }

    /// A power cut may have left a record and taken the message behind it: then the client, which
    /// was not answered, sends it again, and it must be taken.
    async fn check(&mut self, log: &dyn Log) -> Result<(), LogError> {
        for ((session, packet_id), doubt) in std::mem::take(&mut self.doubtful) {
            if !self.sessions.contains_key(&session) {
                continue;
            }
            if has_message(log, doubt.place, doubt.trace).await? {
                continue;
            }
            if let Some(image) = self
                .sessions
                .get_mut(&session)
                .and_then(|it| it.image.as_mut())
            {
                image.incoming.retain(|it| *it != packet_id);
            }
        }
        Ok(())
    }

    fn finish(self) -> Rebuilt {
        let whole = |building: Building| {
            let image = building.image?;
            Some((image, building.debts.into_values().collect()))
        };
        Rebuilt {
            sessions: self.sessions.into_values().filter_map(whole).collect(),
            lost: self.lost,
        }
    }
}

fn set(list: &mut Vec<Assigned>, assigned: Assigned) {
    match list.iter_mut().find(|it| it.origin == assigned.origin) {
        Some(old) => *old = assigned,
        None => list.push(assigned),
    }
}

/// Whether the message of a record stands behind it.
async fn has_message(log: &dyn Log, place: u64, trace: TraceId) -> Result<bool, LogError> {
    let streams = [Stream::OWED, Stream::MESSAGES];
    let mut at = crate::stored::after(log, &streams, place);
    for _ in 0..2 {
        let read = log.read(&streams, &at, 1).await?;
        let is_it = |record: RecordRef<'_>| {
            record.envelope.stream == Stream::MESSAGES && record.envelope.trace == trace
        };
        if read.records().any(is_it) {
            return Ok(true);
        }
        at = read.next;
    }
    Ok(false)
}
