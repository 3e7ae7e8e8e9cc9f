// SPDX-License-Identifier: Apache-2.0
//! A change of a session (stream `Stream::SESSIONS`), version 1.
//!
//! ```text
//! u8  version  1
//! u8  kind     1 whole, 2 back, 3 away, 4 subscribed, 5 unsubscribed, 6 will gone,
//!              7 consumed, 8 assigned, 9 released, 10 ended
//! u64 session
//! …            by kind, as the functions below write it
//! ```
//! Texts and lists begin with their length in 32 bits. The account and the time are the envelope's.

use hw_kernel::record::wire::Fields;
use hw_model::{AccountId, Timestamp};
use hw_mqtt::Qos;
use hw_session::journal::{Assigned, Note, Owner, SessionImage, StoredSubscription, StoredWill};

use super::BadRecord;
use super::texts::{bytes, put, text};

const VERSION: u8 = 1;

/// A note as it is read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// As [`Note::Whole`].
    Whole(Box<SessionImage>),
    /// As [`Note::Back`].
    Back {
        /// Session Expiry Interval.
        expiry_seconds: u32,
        /// Whose it is.
        owner: Owner,
        /// Its will.
        will: Option<StoredWill>,
    },
    /// As [`Note::Away`].
    Away {
        /// Session Expiry Interval.
        expiry_seconds: u32,
        /// Its will, if that is still to be published.
        will: Option<StoredWill>,
    },
    /// As [`Note::Subscribed`].
    Subscribed(StoredSubscription),
    /// As [`Note::Unsubscribed`].
    Unsubscribed(Box<str>),
    /// As [`Note::WillGone`].
    WillGone,
    /// As [`Note::Consumed`].
    Consumed(Vec<u64>),
    /// As [`Note::Assigned`].
    Assigned(Assigned),
    /// As [`Note::Released`].
    Released(u16),
    /// As [`Note::Ended`].
    Ended,
}

/// Appends the body of a record.
pub fn encode(session: u64, note: &Note<'_>, out: &mut Vec<u8>) {
    out.push(VERSION);
    out.push(match note {
        Note::Whole(_) => 1,
        Note::Back { .. } => 2,
        Note::Away { .. } => 3,
        Note::Subscribed(_) => 4,
        Note::Unsubscribed(_) => 5,
        Note::WillGone => 6,
        Note::Consumed(_) => 7,
        Note::Assigned(_) => 8,
        Note::Released(_) => 9,
        Note::Ended => 10,
    });
    out.extend_from_slice(&session.to_le_bytes());
    match note {
        Note::Whole(image) => whole(image, out),
        Note::Back {
            expiry_seconds,
            owner: whose,
            will: last,
        } => {
            out.extend_from_slice(&expiry_seconds.to_le_bytes());
            owner(whose, out);
            will(*last, out);
        }
        Note::Away {
            expiry_seconds,
            will: last,
        } => {
            out.extend_from_slice(&expiry_seconds.to_le_bytes());
            will(*last, out);
        }
        Note::Subscribed(it) => subscription(it, out),
        Note::Unsubscribed(filter) => put(out, filter.as_bytes()),
        Note::Consumed(origins) => {
            out.extend_from_slice(&(origins.len() as u32).to_le_bytes());
            for origin in *origins {
                out.extend_from_slice(&origin.to_le_bytes());
            }
        }
        Note::Assigned(it) => assigned(it, out),
        Note::Released(id) => out.extend_from_slice(&id.to_le_bytes()),
        Note::WillGone | Note::Ended => {}
    }
}

fn whole(image: &SessionImage, out: &mut Vec<u8>) {
    put(out, image.client_id.as_bytes());
    owner(&image.owner, out);
    out.extend_from_slice(&image.expiry_seconds.to_le_bytes());
    out.push(u8::from(image.away_since.is_some()));
    let since = image.away_since.unwrap_or_default();
    out.extend_from_slice(&since.0.to_le_bytes());
    let mut count = |many: usize| out.extend_from_slice(&(many as u32).to_le_bytes());
    count(image.subscriptions.len());
    count(image.incoming.len());
    count(image.assigned.len());
    image
        .subscriptions
        .iter()
        .for_each(|it| subscription(it, out));
    for id in &image.incoming {
        out.extend_from_slice(&id.to_le_bytes());
    }
    image.assigned.iter().for_each(|it| assigned(it, out));
    will(image.will.as_ref(), out);
}

fn owner(owner: &Owner, out: &mut Vec<u8>) {
    put(out, owner.principal.as_bytes());
    out.push(u8::from(owner.thing.is_some()));
    put(out, owner.thing.as_deref().unwrap_or("").as_bytes());
}

fn subscription(it: &StoredSubscription, out: &mut Vec<u8>) {
    put(out, it.filter.as_bytes());
    out.extend_from_slice(&[it.qos, it.options]);
    out.extend_from_slice(&it.id.to_le_bytes());
}

fn assigned(it: &Assigned, out: &mut Vec<u8>) {
    out.extend_from_slice(&it.origin.to_le_bytes());
    out.extend_from_slice(&it.packet_id.to_le_bytes());
    out.push(u8::from(it.received));
}

fn will(will: Option<&StoredWill>, out: &mut Vec<u8>) {
    out.push(u8::from(will.is_some()));
    if let Some(will) = will {
        put(out, will.topic.as_bytes());
        put(out, &will.payload);
        put(out, &will.properties);
        out.extend_from_slice(&[will.qos as u8, u8::from(will.retain)]);
        out.extend_from_slice(&will.delay_seconds.to_le_bytes());
    }
}

/// Reads the body of a record of that account: the session's number and the note.
pub fn decode(account: AccountId, body: &[u8]) -> Result<(u64, Read), BadRecord> {
    let mut fields = Fields(body);
    let read = read(account, &mut fields).ok_or(BadRecord)?;
    fields.0.is_empty().then_some(read).ok_or(BadRecord)
}

fn read(account: AccountId, fields: &mut Fields<'_>) -> Option<(u64, Read)> {
    if fields.u8()? != VERSION {
        return None;
    }
    let (kind, session) = (fields.u8()?, fields.u64()?);
    let note = match kind {
        1 => Read::Whole(Box::new(read_whole(account, session, fields)?)),
        2 => Read::Back {
            expiry_seconds: fields.u32()?,
            owner: read_owner(fields)?,
            will: read_will(fields)?,
        },
        3 => Read::Away {
            expiry_seconds: fields.u32()?,
            will: read_will(fields)?,
        },
        4 => Read::Subscribed(read_subscription(fields)?),
        5 => Read::Unsubscribed(text(fields)?),
        6 => Read::WillGone,
        7 => {
            let count = fields.u32()?;
            Read::Consumed((0..count).map(|_| fields.u64()).collect::<Option<_>>()?)
        }
        8 => Read::Assigned(read_assigned(fields)?),
        9 => Read::Released(fields.u16()?),
        10 => Read::Ended,
        _ => return None,
    };
    Some((session, note))
}

fn read_whole(account: AccountId, number: u64, fields: &mut Fields<'_>) -> Option<SessionImage> {
    let client_id = text(fields)?;
    let owner = read_owner(fields)?;
    let expiry_seconds = fields.u32()?;
    let (is_away, since) = (fields.u8()? != 0, Timestamp(fields.u64()? as i64));
    let (subscriptions, incoming, assigned) = (fields.u32()?, fields.u32()?, fields.u32()?);
    Some(SessionImage {
        number,
        account,
        client_id,
        owner,
        expiry_seconds,
        away_since: is_away.then_some(since),
        subscriptions: (0..subscriptions)
            .map(|_| read_subscription(fields))
            .collect::<Option<_>>()?,
        incoming: (0..incoming).map(|_| fields.u16()).collect::<Option<_>>()?,
        assigned: (0..assigned)
            .map(|_| read_assigned(fields))
            .collect::<Option<_>>()?,
        will: read_will(fields)?,
    })
}

fn read_owner(fields: &mut Fields<'_>) -> Option<Owner> {
    let principal = text(fields)?;
    let has_thing = fields.u8()? != 0;
    let thing = text(fields)?;
    Some(Owner {
        principal,
        thing: has_thing.then_some(thing),
    })
}

fn read_subscription(fields: &mut Fields<'_>) -> Option<StoredSubscription> {
    Some(StoredSubscription {
        filter: text(fields)?,
        qos: fields.u8()?,
        options: fields.u8()?,
        id: fields.u32()?,
    })
}

fn read_assigned(fields: &mut Fields<'_>) -> Option<Assigned> {
    Some(Assigned {
        origin: fields.u64()?,
        packet_id: fields.u16()?,
        received: fields.u8()? != 0,
    })
}

fn read_will(fields: &mut Fields<'_>) -> Option<Option<StoredWill>> {
    if fields.u8()? == 0 {
        return Some(None);
    }
    Some(Some(StoredWill {
        topic: text(fields)?,
        payload: bytes(fields)?,
        properties: bytes(fields)?,
        qos: Qos::from_bits(fields.u8()?)?,
        retain: fields.u8()? != 0,
        delay_seconds: fields.u32()?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> SessionImage {
        SessionImage {
            number: 7 << 32 | 9,
            account: AccountId::MAX,
            client_id: "meter".into(),
            owner: Owner {
                principal: "abc".into(),
                thing: Some("t".into()),
            },
            expiry_seconds: 3_600,
            away_since: Some(Timestamp(-5)),
            subscriptions: vec![StoredSubscription {
                filter: "a/+/ä".into(),
                qos: 2,
                options: 3,
                id: 268_435_455,
            }],
            incoming: vec![1, 65_535],
            assigned: vec![Assigned {
                origin: 99,
                packet_id: 4,
                received: true,
            }],
            will: Some(StoredWill {
                topic: "w".into(),
                payload: [0, 1].into(),
                properties: [].into(),
                qos: Qos::ExactlyOnce,
                retain: true,
                delay_seconds: 8,
            }),
        }
    }

    #[test]
    fn every_kind_comes_back_whole_and_never_past_a_cut() {
        let image = sample();
        let (owner, will) = (image.owner.clone(), image.will.clone());
        let subscription = image.subscriptions[0].clone();
        let notes = [
            (Note::Whole(&image), Read::Whole(Box::new(image.clone()))),
            (
                Note::Back {
                    expiry_seconds: 1,
                    owner: &owner,
                    will: None,
                },
                Read::Back {
                    expiry_seconds: 1,
                    owner: owner.clone(),
                    will: None,
                },
            ),
            (
                Note::Away {
                    expiry_seconds: u32::MAX,
                    will: will.as_ref(),
                },
                Read::Away {
                    expiry_seconds: u32::MAX,
                    will: will.clone(),
                },
            ),
            (
                Note::Subscribed(&subscription),
                Read::Subscribed(subscription.clone()),
            ),
            (Note::Unsubscribed("a/#"), Read::Unsubscribed("a/#".into())),
            (Note::WillGone, Read::WillGone),
            (
                Note::Consumed(&[3, u64::MAX]),
                Read::Consumed(vec![3, u64::MAX]),
            ),
            (
                Note::Assigned(image.assigned[0]),
                Read::Assigned(image.assigned[0]),
            ),
            (Note::Released(77), Read::Released(77)),
            (Note::Ended, Read::Ended),
        ];
        for (note, wanted) in notes {
            let mut body = Vec::new();
            encode(image.number, &note, &mut body);
            assert_eq!(decode(image.account, &body), Ok((image.number, wanted)));
            for cut in 0..body.len() {
                assert!(
                    decode(image.account, &body[..cut]).is_err(),
                    "{cut} {note:?}"
                );
            }
        }
    }
}
