// SPDX-License-Identifier: Apache-2.0
//! A retained message in the Log (stream [`crate::port::log::Stream::RETAINED`]), version 1.
//!
//! ```text
//! u8  version    1
//! u64 number     counts what was retained; of a topic's records the greatest holds
//! …   message    as crate::record::message has it; an empty payload: nothing is retained any more
//! ```
//! The number and not the order decides, because a checkpoint writes old ones again.

use crate::record::message::{self, BadMessage, Decoded, Message};
use crate::record::wire::Fields;

const VERSION: u8 = 1;

/// Appends the body of a record.
pub fn encode(number: u64, message: &Message<'_>, out: &mut Vec<u8>) {
    out.push(VERSION);
    out.extend_from_slice(&number.to_le_bytes());
    message::encode(message, out);
}

/// Reads the body of a record: its number and the message.
pub fn decode(body: &[u8]) -> Result<(u64, Decoded<'_>), BadMessage> {
    let mut fields = Fields(body);
    let number = (fields.u8() == Some(VERSION))
        .then(|| fields.u64())
        .flatten()
        .ok_or(BadMessage)?;
    Ok((number, message::decode(fields.0)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::message::PrincipalRef;

    #[test]
    fn comes_back_whole_and_never_past_a_cut() {
        let message = Message {
            topic: "a/b",
            client_id: "c",
            principal: PrincipalRef::None,
            thing: None,
            qos: 2,
            retain: true,
            properties: &[],
            payload: b"x",
            recipients: &[],
        };
        let mut body = Vec::new();
        encode(u64::MAX - 1, &message, &mut body);
        let (number, read) = decode(&body).expect("whole");
        assert_eq!((number, read.topic, read.qos), (u64::MAX - 1, "a/b", 2));
        for cut in 0..body.len() {
            assert!(
                decode(&body[..cut])
                    .and_then(|it| it.1.recipients())
                    .is_err(),
                "{cut}"
            );
        }
    }
}
