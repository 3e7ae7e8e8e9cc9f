// SPDX-License-Identifier: Apache-2.0
//! A published message in the Log (stream [`crate::port::log::Stream::MESSAGES`]), version 1.
//!
//! ```text
//! u8  version       1
//! u8  flags         bits 0-1 QoS, 2 retain, 3 the properties are MQTT 5's
//! u8  principal     0 none, 1 certificate (32 bytes), 2 other (u8 length, text)
//! …   principal
//! u16 topic bytes,  text
//! u16 client bytes, text     0 = no MQTT client
//! u16 thing bytes,  text     0 = no thing
//! u32 properties bytes, MQTT 5 properties as received
//! u32 payload bytes, payload
//! u16 recipients: u64 session number, u8 QoS, u8 subscription ids, u32 each
//! ```

use hw_model::CertificateId;

use crate::record::wire::Fields;

const VERSION: u8 = 1;

/// Who published: what stands in the column `principal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalRef<'a> {
    /// Nobody with a name.
    None,
    /// A device certificate.
    Certificate(CertificateId),
    /// A key, user or module.
    Other(&'a str),
}

/// A session that must not miss the message, connected or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The session's number.
    pub session: u64,
    /// QoS it is owed at.
    pub qos: u8,
    /// MQTT 5 subscription identifiers that matched.
    pub subscription_ids: Vec<u32>,
}

/// A message, borrowing from wherever it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message<'a> {
    /// Concrete topic.
    pub topic: &'a str,
    /// MQTT client id; empty if it did not come by MQTT.
    pub client_id: &'a str,
    /// Who published.
    pub principal: PrincipalRef<'a>,
    /// The connection's thing.
    pub thing: Option<&'a str>,
    /// QoS it was published at.
    pub qos: u8,
    /// RETAIN flag as published.
    pub retain: bool,
    /// MQTT 5 properties as received, without topic alias; empty for MQTT 3.1.1.
    pub properties: &'a [u8],
    /// Payload.
    pub payload: &'a [u8],
    /// Sessions that are owed it.
    pub recipients: &'a [Recipient],
}

/// The body is not a message of a version that this release reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message record can't be read")]
pub struct BadMessage;

/// Appends the body of a message record.
pub fn encode(message: &Message<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(&[VERSION, message.qos & 3 | u8::from(message.retain) << 2]);
    match message.principal {
        PrincipalRef::None => out.push(0),
        PrincipalRef::Certificate(id) => {
            out.push(1);
            out.extend_from_slice(&id.0);
        }
        PrincipalRef::Other(name) => {
            let name = &name.as_bytes()[..name.len().min(255)];
            out.extend_from_slice(&[2, name.len() as u8]);
            out.extend_from_slice(name);
        }
    }
    for text in [
        message.topic,
        message.client_id,
        message.thing.unwrap_or(""),
    ] {
        // MQTT strings have at most 65,535 bytes, thing names 128.
        out.extend_from_slice(&(text.len() as u16).to_le_bytes());
        out.extend_from_slice(text.as_bytes());
    }
    for bytes in [message.properties, message.payload] {
        out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        out.extend_from_slice(bytes);
    }
    out.extend_from_slice(&(message.recipients.len() as u16).to_le_bytes());
    for recipient in message.recipients {
        out.extend_from_slice(&recipient.session.to_le_bytes());
        out.extend_from_slice(&[recipient.qos, recipient.subscription_ids.len() as u8]);
        recipient
            .subscription_ids
            .iter()
            .for_each(|id| out.extend_from_slice(&id.to_le_bytes()));
    }
}

/// A decoded message: like [`Message`], recipients read on demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// Concrete topic.
    pub topic: &'a str,
    /// MQTT client id; empty if it did not come by MQTT.
    pub client_id: &'a str,
    /// Who published.
    pub principal: PrincipalRef<'a>,
    /// The connection's thing.
    pub thing: Option<&'a str>,
    /// QoS it was published at.
    pub qos: u8,
    /// RETAIN flag as published.
    pub retain: bool,
    /// MQTT 5 properties.
    pub properties: &'a [u8],
    /// Payload.
    pub payload: &'a [u8],
    recipients: &'a [u8],
}

impl Decoded<'_> {
    /// Sessions that are owed it.
    pub fn recipients(&self) -> Result<Vec<Recipient>, BadMessage> {
        let mut fields = Fields(self.recipients);
        let mut read = || {
            let count = fields.u16()?;
            let mut list = Vec::with_capacity(usize::from(count).min(1_024));
            for _ in 0..count {
                let (session, qos, ids) = (fields.u64()?, fields.u8()?, fields.u8()?);
                let subscription_ids = (0..ids).map(|_| fields.u32()).collect::<Option<_>>()?;
                list.push(Recipient {
                    session,
                    qos,
                    subscription_ids,
                });
            }
            fields.0.is_empty().then_some(list)
        };
        read().ok_or(BadMessage)
    }
}

/// Reads the body of a message record.
pub fn decode(body: &[u8]) -> Result<Decoded<'_>, BadMessage> {
    fields(&mut Fields(body)).ok_or(BadMessage)
}

fn fields<'a>(fields: &mut Fields<'a>) -> Option<Decoded<'a>> {
    if fields.u8()? != VERSION {
        return None;
    }
    let flags = fields.u8()?;
    let principal = match fields.u8()? {
        0 => PrincipalRef::None,
        1 => PrincipalRef::Certificate(CertificateId(fields.array()?)),
        2 => {
            let bytes = fields.u8()?;
            PrincipalRef::Other(fields.text(usize::from(bytes))?)
        }
        _ => return None,
    };
    let mut text = || {
        let bytes = fields.u16()?;
        fields.text(usize::from(bytes))
    };
    let (topic, client_id, thing) = (text()?, text()?, text()?);
    let mut bytes = || {
        let bytes = fields.u32()?;
        fields.take(bytes as usize)
    };
    let (properties, payload) = (bytes()?, bytes()?);
    Some(Decoded {
        topic,
        client_id,
        principal,
        thing: (!thing.is_empty()).then_some(thing),
        qos: flags & 3,
        retain: flags & 4 != 0,
        properties,
        payload,
        recipients: fields.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_whole_and_never_past_a_cut() {
        let recipients = [
            Recipient {
                session: 9,
                qos: 1,
                subscription_ids: vec![1, 268_435_455],
            },
            Recipient {
                session: u64::MAX,
                qos: 2,
                subscription_ids: vec![],
            },
        ];
        let message = Message {
            topic: "a/ä",
            client_id: "c",
            principal: PrincipalRef::Certificate(CertificateId([7; 32])),
            thing: Some("t"),
            qos: 1,
            retain: true,
            properties: &[1, 1],
            payload: b"\0payload",
            recipients: &recipients,
        };
        let mut body = Vec::new();
        encode(&message, &mut body);
        let read = decode(&body).expect("whole");
        assert_eq!(
            (read.topic, read.client_id, read.thing),
            ("a/ä", "c", Some("t"))
        );
        assert_eq!(
            (read.qos, read.retain, read.payload),
            (1, true, &b"\0payload"[..])
        );
        assert_eq!(
            (read.principal, read.properties),
            (message.principal, &[1u8, 1][..])
        );
        assert_eq!(read.recipients(), Ok(recipients.to_vec()));
        for cut in 0..body.len() {
            let whole = decode(&body[..cut]).and_then(|read| read.recipients());
            assert!(whole.is_err(), "{cut}");
        }
    }
}
