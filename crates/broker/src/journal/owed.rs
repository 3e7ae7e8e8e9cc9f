// SPDX-License-Identifier: Apache-2.0
//! Which sessions are owed a message (stream `Stream::OWED`), version 1.
//!
//! ```text
//! u8  version   1
//! u8  flags     1 the message is in this record, 2 it is the next record of the log,
//!               4 it came at QoS 2 from a session that lasts, 8 it is written again
//! u64 session, u16 packet id   that it came from and with, if flag 4
//! u64 origin                   where it stood first, if flag 8
//! u32 recipients: u64 session, u8 QoS and 4 for RETAIN, u8 subscription ids, u32 each
//! …   message                  if flag 1, as hw_kernel::record::message has it
//! ```
//! The trace is the envelope's. It stands before the message and not behind it: what a power cut
//! leaves of a batch is its beginning, and without its message the record says nothing.

use hw_kernel::record::message::{self, Decoded, Message};
use hw_kernel::record::wire::Fields;
use hw_session::journal::Recipient;

use super::BadRecord;

const VERSION: u8 = 1;
const HERE: u8 = 1;
const NEXT: u8 = 2;
const RECEIVED: u8 = 4;
const AGAIN: u8 = 8;
const RETAIN: u8 = 4;

/// Where the message of a record is.
#[derive(Debug, Clone, Copy)]
pub enum Where<'a> {
    /// In the record.
    Here(&'a Message<'a>),
    /// In the next record of the log.
    Next,
    /// Nobody needs it: the record only says that it came.
    Nowhere,
}

/// A record to be written.
#[derive(Debug, Clone, Copy)]
pub struct Owed<'a> {
    /// Who is owed it.
    pub recipients: &'a [Recipient],
    /// Session and packet id of a publisher at QoS 2 whose session lasts.
    pub received: Option<(u64, u16)>,
    /// Where it stood first, if this is not the first record about it.
    pub origin: Option<u64>,
    /// The message.
    pub message: Where<'a>,
}

/// A record as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read<'a> {
    /// As written.
    pub recipients: Vec<Recipient>,
    /// As written.
    pub received: Option<(u64, u16)>,
    /// As written.
    pub origin: Option<u64>,
    /// The message, if it is in the record.
    pub message: Option<Decoded<'a>>,
    /// Whether it is the next record of the log.
    pub is_next: bool,
}

/// Appends the body of a record.
pub fn encode(owed: &Owed<'_>, out: &mut Vec<u8>) {
    let mut flags = match owed.message {
        Where::Here(_) => HERE,
        Where::Next => NEXT,
        Where::Nowhere => 0,
    };
    flags |= owed.received.map_or(0, |_| RECEIVED);
    flags |= owed.origin.map_or(0, |_| AGAIN);
    out.extend_from_slice(&[VERSION, flags]);
    if let Some((session, packet_id)) = owed.received {
        out.extend_from_slice(&session.to_le_bytes());
        out.extend_from_slice(&packet_id.to_le_bytes());
    }
    if let Some(origin) = owed.origin {
        out.extend_from_slice(&origin.to_le_bytes());
    }
    out.extend_from_slice(&(owed.recipients.len() as u32).to_le_bytes());
    for recipient in owed.recipients {
        let ids = &recipient.subscription_ids[..recipient.subscription_ids.len().min(255)];
        let retain = if recipient.retain { RETAIN } else { 0 };
        out.extend_from_slice(&recipient.session.to_le_bytes());
        out.extend_from_slice(&[recipient.qos & 3 | retain, ids.len() as u8]);
        ids.iter()
            .for_each(|id| out.extend_from_slice(&id.to_le_bytes()));
    }
    if let Where::Here(message) = owed.message {
        message::encode(message, out);
    }
}

/// The encoded message in the body of a record, if it is there.
pub fn message_bytes(body: &[u8]) -> Option<&[u8]> {
    let mut fields = Fields(body);
    let (_, flags) = read(&mut fields)?;
    (flags & HERE != 0).then_some(fields.0)
}

/// Reads the body of a record.
pub fn decode(body: &[u8]) -> Result<Read<'_>, BadRecord> {
    let mut fields = Fields(body);
    let mut read = read(&mut fields).ok_or(BadRecord)?;
    if read.1 & HERE != 0 {
        let message = message::decode(fields.0).map_err(|_| BadRecord)?;
        message.recipients().map_err(|_| BadRecord)?;
        read.0.message = Some(message);
    } else if !fields.0.is_empty() {
        return Err(BadRecord);
    }
    Ok(read.0)
}

fn read<'a>(fields: &mut Fields<'a>) -> Option<(Read<'a>, u8)> {
    if fields.u8()? != VERSION {
        return None;
    }
    let flags = fields.u8()?;
    let received = match flags & RECEIVED {
        0 => None,
        _ => Some((fields.u64()?, fields.u16()?)),
    };
    let origin = match flags & AGAIN {
        0 => None,
        _ => Some(fields.u64()?),
    };
    let count = fields.u32()?;
    let mut recipients = Vec::with_capacity(count.min(1_024) as usize);
    for _ in 0..count {
        let (session, qos, ids) = (fields.u64()?, fields.u8()?, fields.u8()?);
        recipients.push(Recipient {
            session,
            qos: qos & 3,
            retain: qos & RETAIN != 0,
            subscription_ids: (0..ids).map(|_| fields.u32()).collect::<Option<_>>()?,
        });
    }
    let read = Read {
        recipients,
        received,
        origin,
        message: None,
        is_next: flags & NEXT != 0,
    };
    Some((read, flags))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hw_kernel::record::message::PrincipalRef;

    #[test]
    fn comes_back_whole_and_never_past_a_cut() {
        let recipients = [
            Recipient {
                session: u64::MAX,
                qos: 2,
                retain: true,
                subscription_ids: vec![1, 268_435_455],
            },
            Recipient {
                session: 1,
                qos: 1,
                retain: false,
                subscription_ids: vec![],
            },
        ];
        let message = Message {
            topic: "a",
            client_id: "c",
            principal: PrincipalRef::Other("x"),
            thing: None,
            qos: 2,
            retain: false,
            properties: &[],
            payload: b"p",
            recipients: &[],
        };
        for (message, received, origin) in [
            (Where::Here(&message), None, Some(8)),
            (Where::Next, Some((5, 6)), None),
            (Where::Nowhere, Some((5, 6)), None),
        ] {
            let owed = Owed {
                recipients: &recipients,
                received,
                origin,
                message,
            };
            let mut body = Vec::new();
            encode(&owed, &mut body);
            let read = decode(&body).expect("whole");
            assert_eq!(read.recipients, recipients);
            assert_eq!((read.received, read.origin), (received, origin));
            assert_eq!(read.message.is_some(), matches!(message, Where::Here(_)));
            assert_eq!(read.is_next, matches!(message, Where::Next));
            for cut in 0..body.len() {
                assert!(decode(&body[..cut]).is_err(), "{cut}");
            }
        }
    }
}
