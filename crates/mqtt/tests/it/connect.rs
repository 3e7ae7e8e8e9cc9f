// SPDX-License-Identifier: Apache-2.0
//! CONNECT: versions told apart, flags, credentials, and how each failure is answered.

use hw_mqtt::{Connect, DecodeErrorKind, Version, connect, encode, reason};

use crate::packets::{bare_connect, encoded};

/// A CONNECT with that protocol name, level and flags, and that payload.
fn packet(name: &[u8], level: u8, flags: u8, rest: &[u8]) -> Vec<u8> {
    let mut body = vec![0, name.len() as u8];
    body.extend_from_slice(name);
    body.extend_from_slice(&[level, flags, 0, 10]);
    if level == 5 {
        body.push(0);
    }
    body.extend_from_slice(rest);
    let mut packet = vec![0x10, body.len() as u8];
    packet.extend_from_slice(&body);
    packet
}

#[test]
fn unsupported_levels_say_how_to_answer() {
    let v311 = Some((Version::V311, 0x01));
    let v5 = Some((Version::V5, reason::UNSUPPORTED_PROTOCOL_VERSION));
    for (name, level, answer) in [
        (&b"MQIsdp"[..], 4, v311),
        (b"MQIsdp", 0x84, v311),
        (b"MQTT", 3, v311),
        (b"MQTT", 0x83, v311),
        (b"MQTT", 0x85, v5),
        (b"MQTT", 6, v5),
        (b"MQTT", 0, v5),
        (b"MQIsdp", 6, v5),
    ] {
        let error = connect::decode(&packet(name, level, 2, b"\0\x01c")).expect_err("unsupported");
        assert_eq!(error.kind, DecodeErrorKind::UnsupportedProtocol { level });
        assert_eq!(error.reason(), reason::UNSUPPORTED_PROTOCOL_VERSION);
        assert_eq!(error.connack(), answer, "{level}");
    }
}

#[test]
fn version_3_1_takes_what_later_ones_refuse() {
    let mut connect = packet(b"MQIsdp", 3, 0b11, b"\0\x01c");
    for first in [0x10, 0x14, 0x1B] {
        connect[0] = first;
        let hello = connect::decode(&connect).expect("any flag may be set");
        assert_eq!((hello.version, hello.client_id), (Version::V31, "c"));
    }
    let written = encoded(|out| encode::connect(out, &bare_connect(Version::V31)));
    let hello = connect::decode(&written).expect("good");
    assert_eq!(hello, bare_connect(Version::V31));
    for flags in [0b1010, 0b10_0010, 0b1_1110, 0b0100_0010] {
        let error = connect::decode(&packet(b"MQIsdp", 3, flags, b"\0\x01c")).expect_err("bad");
        assert_eq!(error.connack(), None);
    }
    let mut later = packet(b"MQTT", 4, 2, b"\0\x01c");
    later[0] = 0x14;
    let error = connect::decode(&later).expect_err("not in 3.1.1");
    assert_eq!(error.connack(), None);
}

#[test]
fn a_will_topic_that_is_no_text_gets_no_answer() {
    for level in [4, 5] {
        let section: &[u8] = if level == 5 { b"\0" } else { b"" };
        for topic in [&b"a\0b"[..], b"a\x01b", b"\xED\xA0\x80"] {
            let rest = [b"\0\x01c", section, &[0, 3], topic, b"\0\x01x"].concat();
            let error = connect::decode(&packet(b"MQTT", level, 0b110, &rest)).expect_err("bad");
            assert_eq!(error.connack(), None, "{level} {topic:02x?}");
        }
    }
}

#[test]
fn a_will_without_a_topic_or_cut_short_gets_no_answer() {
    for level in [4, 5] {
        let section: &[u8] = if level == 5 { b"\0" } else { b"" };
        for will in [
            &b"\0\0\0\x01x"[..],
            b"\0\x01a",
            b"\0\x01a\0",
            b"\0\x01a\0\x02x",
        ] {
            let rest = [b"\0\x01c", section, will].concat();
            let error = connect::decode(&packet(b"MQTT", level, 0b110, &rest)).expect_err("bad");
            assert_eq!(error.connack(), None, "{level} {will:02x?}");
        }
    }
}

#[test]
fn bridges_set_the_high_bit_of_the_level() {
    for (name, level, version) in [
        (&b"MQIsdp"[..], 0x83, Version::V31),
        (b"MQTT", 0x84, Version::V311),
    ] {
        let sent = packet(name, level, 2, b"\0\x01c");
        let hello = connect::decode(&sent).expect("good");
        assert_eq!((hello.version, hello.bridge), (version, true));
        assert_eq!(encoded(|out| encode::connect(out, &hello)), sent);
    }
    let plain = packet(b"MQTT", 4, 2, b"\0\x01c");
    assert!(!connect::decode(&plain).expect("good").bridge);
}

#[test]
fn another_protocol_gets_no_answer() {
    for name in [&b"MQT"[..], b"MQTTT", b"", b"mqtt", b"HTTP"] {
        let error = connect::decode(&packet(name, 4, 2, b"\0\x01c")).expect_err("not MQTT");
        assert_eq!(
            (error.kind, error.connack()),
            (DecodeErrorKind::ProtocolName, None)
        );
    }
}

#[test]
fn malformed_is_answered_in_mqtt_5_only() {
    for (level, answer) in [
        (4, None),
        (5, Some((Version::V5, reason::MALFORMED_PACKET))),
    ] {
        let error =
            connect::decode(&packet(b"MQTT", level, 2, b"\0\x01cX")).expect_err("a byte more");
        assert_eq!(error.kind, DecodeErrorKind::TrailingBytes { count: 1 });
        assert_eq!(error.connack(), answer);
    }
    let error =
        connect::decode(&packet(b"MQTT", 5, 2, b"\0\x02c\x01")).expect_err("control character");
    assert_eq!(
        error.connack(),
        Some((Version::V5, reason::CLIENT_IDENTIFIER_NOT_VALID))
    );
}

#[test]
fn flags_must_agree() {
    let rest = b"\0\x01c\0\x01x\0\x01y\0\x01z\0\x01w";
    for level in [4, 5] {
        for (flags, why) in [
            (0b0000_0011, "reserved bit"),
            (0b0000_1010, "will QoS without will"),
            (0b0010_0010, "will retain without will"),
            (0b0001_1110, "will QoS 3"),
        ] {
            assert!(
                connect::decode(&packet(b"MQTT", level, flags, rest)).is_err(),
                "{level} {why}"
            );
        }
    }
    let password_alone =
        |level| connect::decode(&packet(b"MQTT", level, 0b0100_0010, b"\0\x01c\0\x01p")).is_ok();
    assert!(
        !password_alone(4) && password_alone(5),
        "only MQTT 5 allows it"
    );
    let bad = Connect {
        password: Some(b"p"),
        ..bare_connect(Version::V311)
    };
    assert!(encode::connect(&mut Vec::new(), &bad).is_err());
}

#[test]
fn names_are_checked_and_passwords_are_not() {
    for level in [4, 5] {
        let with = |user: &[u8], password: &[u8]| {
            let mut rest = b"\0\x01c".to_vec();
            for part in [user, password] {
                rest.extend_from_slice(&[0, part.len() as u8]);
                rest.extend_from_slice(part);
            }
            connect::decode(&packet(b"MQTT", level, 0b1100_0010, &rest)).is_ok()
        };
        assert!(with(b"?SDK=Python&Version=2", b"\0\xFF\xC0"));
        assert!(with(b"", b""));
        for bad in [&b"a\0"[..], b"a\x01", b"\xED\xA0\x80", b"\xC2\x9F", b"\xFF"] {
            assert!(!with(bad, b""), "{bad:02x?}");
        }
    }
}

#[test]
fn the_fixed_header_has_no_flags() {
    let good = encoded(|out| encode::connect(out, &bare_connect(Version::V5)));
    for flags in 1..16 {
        let mut bad = good.clone();
        bad[0] |= flags;
        assert!(connect::decode(&bad).is_err());
    }
    assert!(connect::decode(&[0xC0, 0]).is_err(), "another packet");
}
