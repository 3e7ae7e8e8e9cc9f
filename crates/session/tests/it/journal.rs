// SPDX-License-Identifier: Apache-2.0
//! A log that is easy to believe: a list of what was written about sessions, and the naive way to
//! read it back after a crash.

use std::collections::{BTreeMap, BTreeSet};

use hw_model::{Timestamp, TraceId};
use hw_session::Inbound;
use hw_session::journal::{
    Debt, Found, FoundMessage, Keeping, Note, Owner, Recipient, SessionImage, StoredSubscription,
    StoredWill,
};

/// A record.
#[derive(Debug, Clone)]
pub enum Record {
    Owed {
        message: FoundMessage,
        recipients: Vec<Recipient>,
        received: Option<(u64, u16)>,
    },
    Note(u64, Change),
}

/// A note that owns what it says.
#[derive(Debug, Clone)]
pub enum Change {
    Whole(Box<SessionImage>),
    Back(u32, Owner, Option<StoredWill>),
    Away(u32, Option<StoredWill>),
    Subscribed(StoredSubscription),
    Unsubscribed(String),
    WillGone,
    Consumed(Vec<u64>),
    Assigned(hw_session::journal::Assigned),
    Released(u16),
    Ended,
}

/// Records with their tickets; a record's place is its number from 1.
#[derive(Debug, Default)]
pub struct Journal {
    records: Vec<(u64, Record)>,
    /// Tickets that are on disk.
    durable: BTreeSet<u64>,
    refused: BTreeSet<u64>,
    /// When what comes next is taken in.
    pub time: Timestamp,
}

impl Journal {
    pub fn append(&mut self, ticket: u64, message: &Inbound<'_>, keeping: &Keeping<'_>) -> u64 {
        let message = FoundMessage {
            trace: message.trace,
            time: self.time,
            topic: message.topic.into(),
            properties: message.properties.into(),
            payload: message.payload.into(),
            qos: 0,
            retain: false,
            subscription_ids: vec![],
        };
        self.records.push((
            ticket,
            Record::Owed {
                message,
                recipients: keeping.owed.to_vec(),
                received: keeping.received,
            },
        ));
        self.records.len() as u64
    }

    /// Whether something has that ticket.
    pub fn is_writing(&self, ticket: u64) -> bool {
        self.records.last().is_some_and(|(last, _)| *last == ticket)
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// The records from there on, for people.
    pub fn lines(&self, from: usize) -> Vec<String> {
        let line = |(at, (ticket, record)): (usize, &(u64, Record))| match record {
            Record::Owed {
                message,
                recipients,
                received,
            } => {
                let payload = String::from_utf8_lossy(&message.payload);
                let to: Vec<_> = recipients
                    .iter()
                    .map(|it| (it.session & 0xff, it.qos))
                    .collect();
                format!("{} [{ticket}] {payload} for {to:?} {received:?}", at + 1)
            }
            Record::Note(session, change) => {
                format!(
                    "{} [{ticket}] session {} {change:?}",
                    at + 1,
                    session & 0xff
                )
            }
        };
        self.records
            .iter()
            .enumerate()
            .skip(from)
            .map(line)
            .collect()
    }

    pub fn note(&mut self, ticket: u64, session: u64, note: &Note<'_>) {
        let change = match note {
            Note::Whole(image) => Change::Whole(Box::new((*image).clone())),
            Note::Back {
                expiry_seconds,
                owner,
                will,
            } => Change::Back(*expiry_seconds, (*owner).clone(), will.cloned()),
            Note::Away {
                expiry_seconds,
                will,
            } => Change::Away(*expiry_seconds, will.cloned()),
            Note::Subscribed(it) => Change::Subscribed((*it).clone()),
            Note::Unsubscribed(it) => Change::Unsubscribed((*it).into()),
            Note::WillGone => Change::WillGone,
            Note::Consumed(it) => Change::Consumed(it.to_vec()),
            Note::Assigned(it) => Change::Assigned(*it),
            Note::Released(it) => Change::Released(*it),
            Note::Ended => Change::Ended,
        };
        self.records.push((ticket, Record::Note(session, change)));
    }

    /// All up to that ticket is on disk, or never will be.
    pub fn durable(&mut self, upto: u64, kept: bool) {
        let answered = |it: &u64| self.durable.contains(it) || self.refused.contains(it);
        let tickets = self.records.iter().map(|(ticket, _)| *ticket);
        let new: Vec<_> = tickets.filter(|it| *it <= upto && !answered(it)).collect();
        let list = if kept {
            &mut self.durable
        } else {
            &mut self.refused
        };
        list.extend(new);
    }

    pub fn fetch(&self, session: u64, places: &[u64]) -> Vec<Found> {
        let find = |place: &u64| {
            let (ticket, record) = self.records.get(*place as usize - 1)?;
            let Record::Owed {
                message,
                recipients,
                ..
            } = record
            else {
                return None;
            };
            assert!(self.durable.contains(ticket), "read before it was on disk");
            let mine = recipients.iter().find(|it| it.session == session)?;
            Some(FoundMessage {
                qos: mine.qos,
                retain: mine.retain,
                subscription_ids: mine.subscription_ids.clone(),
                ..message.clone()
            })
        };
        let found = |place: &u64| Found {
            place: *place,
            message: find(place),
        };
        places.iter().map(found).collect()
    }

    /// What a crash leaves: sessions with what they are owed, and the traces that are on disk.
    pub fn after_a_crash(&self) -> (Vec<(SessionImage, Vec<Debt>)>, BTreeSet<TraceId>) {
        let durable = &self.durable;
        let mut images: BTreeMap<u64, SessionImage> = BTreeMap::new();
        let mut debts: BTreeMap<u64, BTreeMap<u64, Debt>> = BTreeMap::new();
        let mut traces = BTreeSet::new();
        for (place, (ticket, record)) in (1..).zip(&self.records) {
            if !durable.contains(ticket) {
                continue;
            }
            match record {
                Record::Owed {
                    message,
                    recipients,
                    received,
                } => {
                    traces.insert(message.trace);
                    for it in recipients {
                        let debt = Debt {
                            origin: place,
                            place,
                            qos: it.qos,
                        };
                        debts.entry(it.session).or_default().insert(place, debt);
                    }
                    if let Some((session, id)) = received
                        && let Some(image) = images.get_mut(session)
                        && !image.incoming.contains(id)
                    {
                        image.incoming.push(*id);
                    }
                }
                Record::Note(session, change) => {
                    play(&mut images, &mut debts, *session, change);
                }
            }
        }
        let with_debts = |(number, image): (u64, SessionImage)| {
            let owed = debts.remove(&number).unwrap_or_default();
            (image, owed.into_values().collect())
        };
        (images.into_iter().map(with_debts).collect(), traces)
    }

    /// Blanks what a crash took, so that places stay what they were.
    pub fn forget_undurable(&mut self) {
        for (ticket, record) in &mut self.records {
            if !self.durable.contains(ticket) {
                *record = Record::Note(0, Change::WillGone);
                *ticket = 0;
            }
        }
    }
}

fn play(
    images: &mut BTreeMap<u64, SessionImage>,
    debts: &mut BTreeMap<u64, BTreeMap<u64, Debt>>,
    session: u64,
    change: &Change,
) {
    match change {
        Change::Whole(image) => {
            images.insert(session, (**image).clone());
            return;
        }
        Change::Ended => {
            images.remove(&session);
            debts.remove(&session);
            return;
        }
        Change::Consumed(origins) => {
            if let Some(owed) = debts.get_mut(&session) {
                owed.retain(|origin, _| !origins.contains(origin));
            }
        }
        _ => {}
    }
    let Some(image) = images.get_mut(&session) else {
        return;
    };
    match change {
        Change::Back(expiry, owner, will) => {
            (image.expiry_seconds, image.owner) = (*expiry, owner.clone());
            (image.will, image.away_since) = (will.clone(), None);
        }
        Change::Away(expiry, will) => {
            (image.expiry_seconds, image.will) = (*expiry, will.clone());
            image.away_since = Some(Timestamp(0));
        }
        Change::Subscribed(it) => {
            image.subscriptions.retain(|old| old.filter != it.filter);
            image.subscriptions.push(it.clone());
        }
        Change::Unsubscribed(filter) => image.subscriptions.retain(|it| *it.filter != **filter),
        Change::WillGone => image.will = None,
        Change::Consumed(origins) => image.assigned.retain(|it| !origins.contains(&it.origin)),
        Change::Assigned(it) => {
            image.assigned.retain(|old| old.origin != it.origin);
            image.assigned.push(*it);
        }
        Change::Released(id) => image.incoming.retain(|it| it != id),
        Change::Whole(_) | Change::Ended => {}
    }
}
