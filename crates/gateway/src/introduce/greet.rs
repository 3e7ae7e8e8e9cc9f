// SPDX-License-Identifier: Apache-2.0
//! The first packet: it must be a CONNECT, whole and within its limit; a client without an id gets
//! one. What the CONNECT asks for is the session's matter.

use hw_mqtt::reason::{self, ConnackCode};
use hw_mqtt::{ConnAck, PacketType, Properties, Version, connect, encode, frame};

use super::refuse::Ending;

/// A whole CONNECT at the front of the bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct Hello {
    /// Its bytes.
    pub packet_bytes: usize,
    /// What the connection speaks.
    pub version: Version,
    /// The client id as sent; `None` if one is to be assigned.
    pub client_id: Option<String>,
}

/// Looks for it. `None`: more bytes are needed.
pub fn greet(opened: &[u8], connect_packet_bytes_max: usize) -> Result<Option<Hello>, Ending> {
    if let Some(other) = opened
        .first()
        .and_then(|first| PacketType::of_first_byte(*first))
        && other != PacketType::Connect
    {
        return Err(Ending::because(format!(
            "the first packet is {other}, not CONNECT"
        )));
    }
    let found = frame::peek(opened, connect_packet_bytes_max);
    let Some(found) = found.map_err(|error| Ending::because(error.to_string()))? else {
        return Ok(None);
    };
    let Some(packet) = opened.get(..found.total_len) else {
        return Ok(None);
    };
    let hello = connect::decode(packet).map_err(|error| Ending {
        answer: error
            .connack()
            .map(|(version, code)| connack(version, code))
            .unwrap_or_default(),
        ..Ending::because(error.to_string())
    })?;
    let version = hello.version;
    let may_be_empty = match version {
        Version::V31 => false,
        Version::V311 => hello.clean_start,
        Version::V5 => true,
    };
    if hello.client_id.is_empty() && !may_be_empty {
        return Err(Ending {
            answer: connack(version, ConnackCode::IdentifierRejected as u8),
            ..Ending::because("no client id: it needs Clean Session 1, and MQTT 3.1.1 or 5")
        });
    }
    let client_id = (!hello.client_id.is_empty()).then(|| hello.client_id.to_owned());
    Ok(Some(Hello {
        packet_bytes: found.total_len,
        version,
        client_id,
    }))
}

/// The answer to a client that may not come in at all.
pub fn not_authorized(version: Version) -> Vec<u8> {
    match version {
        Version::V31 | Version::V311 => connack(version, ConnackCode::NotAuthorized as u8),
        Version::V5 => connack(version, reason::NOT_AUTHORIZED),
    }
}

fn connack(version: Version, code: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let answer = ConnAck {
        session_present: false,
        code,
        properties: Properties::EMPTY,
    };
    match encode::connack(&mut out, version, &answer) {
        Ok(()) => out,
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITH_ID: &[u8] = b"\x10\x0D\0\x04MQTT\x04\x02\0\x3C\0\x01m";

    #[test]
    fn waits_for_the_whole_packet_and_no_longer() {
        for cut in 0..WITH_ID.len() {
            assert!(matches!(greet(&WITH_ID[..cut], 100), Ok(None)), "{cut}");
        }
        let more = [WITH_ID, b"\xC0\0"].concat();
        let hello = greet(&more, 100).expect("good").expect("whole");
        assert_eq!(
            (hello.packet_bytes, hello.client_id.as_deref()),
            (WITH_ID.len(), Some("m"))
        );
    }

    #[test]
    fn refuses_early_and_answers_where_the_standard_does() {
        let cause = |bytes: &[u8]| {
            let ending = greet(bytes, 100).expect_err("refused");
            (ending.refusal.expect("a cause").cause, ending.answer)
        };
        assert!(cause(b"\x30").0.contains("PUBLISH"));
        assert!(cause(b"GET / HTTP/1.1").0.contains("not CONNECT"));
        assert!(
            cause(b"\x10\xff\xff\xff\x7f").0.contains("at most 100"),
            "before its bytes come"
        );
        assert_eq!(
            cause(b"\x10\x0C\0\x04MQTT\x04\x00\0\x3C\0\0").1,
            b"\x20\x02\0\x02"
        );
        assert_eq!(
            cause(b"\x10\x0E\0\x06MQIsdp\x03\x02\0\x3C\0\0").1,
            b"\x20\x02\0\x02"
        );
        assert_eq!(cause(b"\x10\x0D\0\x04MQTT\x06\x02\0\x3C\0\0\0").1[3], 0x84);
        let assigned = greet(b"\x10\x0C\0\x04MQTT\x04\x02\0\x3C\0\0", 100).expect("good");
        assert_eq!(assigned.expect("whole").client_id, None);
    }
}
