// SPDX-License-Identifier: Apache-2.0
//! Rules that a packet breaks while its bytes parse, and sizes that are refused early.

use hw_mqtt::{DecodeErrorKind, PacketType, Version, decode, frame, reason};

#[test]
fn subscriptions_that_break_rules() {
    for (version, packet, code) in [
        (
            Version::V311,
            &b"\x82\x02\0\x01"[..],
            reason::MALFORMED_PACKET,
        ),
        (Version::V5, b"\x82\x03\0\x01\0", reason::MALFORMED_PACKET),
        (
            Version::V311,
            b"\x82\x05\0\x01\0\0\0",
            reason::MALFORMED_PACKET,
        ),
        (
            Version::V311,
            b"\x82\x06\0\0\0\x01a\0",
            reason::MALFORMED_PACKET,
        ),
        (
            Version::V311,
            b"\x82\x06\0\x01\0\x01a\x03",
            reason::MALFORMED_PACKET,
        ),
        (
            Version::V311,
            b"\x82\x06\0\x01\0\x01a\x04",
            reason::MALFORMED_PACKET,
        ),
        (
            Version::V5,
            b"\x82\x07\0\x01\0\0\x01a\x30",
            reason::MALFORMED_PACKET,
        ),
        (
            Version::V5,
            b"\x82\x07\0\x01\0\0\x01a\x40",
            reason::MALFORMED_PACKET,
        ),
        (
            Version::V5,
            b"\x82\x10\0\x01\0\0\x0A$share/g/a\x04",
            reason::PROTOCOL_ERROR,
        ),
        (
            Version::V5,
            b"\x82\x0B\0\x01\x04\x0B\x01\x0B\x02\0\x01a\0",
            reason::PROTOCOL_ERROR,
        ),
        (Version::V311, b"\xA2\x02\0\x01", reason::MALFORMED_PACKET),
        (
            Version::V311,
            b"\xA2\x04\0\x01\0\0",
            reason::MALFORMED_PACKET,
        ),
        (
            Version::V311,
            b"\xA2\x05\0\x01\0\x01\0",
            reason::MALFORMED_PACKET,
        ),
    ] {
        let error = decode(version, packet).expect_err("bad");
        assert_eq!(error.reason(), code, "{packet:02x?} {error}");
    }
}

#[test]
fn answers_that_break_rules() {
    for (version, packet, code) in [
        (
            Version::V311,
            &b"\x40\x03\0\x01\0"[..],
            reason::MALFORMED_PACKET,
        ),
        (Version::V5, b"\x40\x02\0\0", reason::PROTOCOL_ERROR),
        (Version::V5, b"\x40\x03\0\x01\x92", reason::PROTOCOL_ERROR),
        (Version::V5, b"\x62\x03\0\x01\x80", reason::PROTOCOL_ERROR),
        (
            Version::V5,
            b"\x40\x05\0\x01\0\0\0",
            reason::MALFORMED_PACKET,
        ),
        (
            Version::V5,
            b"\x40\x06\0\x01\0\x02\x24\0",
            reason::PROTOCOL_ERROR,
        ),
        (Version::V311, b"\x20\x02\x02\0", reason::MALFORMED_PACKET),
        (Version::V311, b"\x20\x02\0\x06", reason::PROTOCOL_ERROR),
        (Version::V5, b"\x20\x02\0\0", reason::MALFORMED_PACKET),
        (Version::V5, b"\x20\x03\0\x01\0", reason::PROTOCOL_ERROR),
        (Version::V311, b"\x90\x03\0\x01\x03", reason::PROTOCOL_ERROR),
        (Version::V311, b"\x90\x02\0\x01", reason::MALFORMED_PACKET),
        (Version::V311, b"\xB0\x03\0\x01\0", reason::MALFORMED_PACKET),
        (Version::V5, b"\xB0\x03\0\x01\0", reason::MALFORMED_PACKET),
        (Version::V311, b"\xE0\x01\0", reason::MALFORMED_PACKET),
        (Version::V5, b"\xE0\x01\x01", reason::PROTOCOL_ERROR),
        (Version::V311, b"\xF0\0", reason::PROTOCOL_ERROR),
        (Version::V5, b"\xF0\x02\x01\0", reason::PROTOCOL_ERROR),
        (Version::V5, b"\xC0\x01\0", reason::MALFORMED_PACKET),
    ] {
        let error = decode(version, packet).expect_err("bad");
        assert_eq!(error.reason(), code, "{packet:02x?} {error}");
    }
}

/// Table by table of what the standard leaves open: which of the two codes it is.
#[test]
fn malformed_or_protocol_error() {
    let (malformed, protocol) = (reason::MALFORMED_PACKET, reason::PROTOCOL_ERROR);
    for (packet, code) in [
        (&b"\xE2\0"[..], malformed),
        (b"\x60\x02\0\x01", malformed),
        (b"\x6A\x02\0\x01", malformed),
        (b"\xF1\0", protocol),
        (b"\x21\x03\0\0\0", protocol),
        // A subscription identifier of 0, and one in more bytes than it needs.
        (b"\x82\x09\0\x01\x02\x0B\0\0\x01a\0", malformed),
        (b"\x82\x0A\0\x01\x03\x0B\x80\0\0\x01a\0", malformed),
        // A topic alias in a SUBSCRIBE.
        (b"\x82\x0A\0\x01\x03\x23\0\x01\0\x01a\0", malformed),
    ] {
        let error = decode(Version::V5, packet).expect_err("bad");
        assert_eq!(error.reason(), code, "{packet:02x?} {error}");
        assert_eq!(error.disconnect(), Some(code));
    }
}

/// MQTT 3.1 has senders set DUP in what they send again.
#[test]
fn packets_of_3_1_may_say_that_they_come_again() {
    for packet in [
        &b"\x6A\x02\0\x01"[..],
        b"\x8A\x06\0\x01\0\x01a\x01",
        b"\xAA\x05\0\x01\0\x01a",
    ] {
        assert!(decode(Version::V31, packet).is_ok(), "{packet:02x?}");
        assert!(frame::peek_in(Version::V31, packet, 100).is_ok());
        for version in [Version::V311, Version::V5] {
            assert!(decode(version, packet).is_err());
            assert!(frame::peek_in(version, packet, 100).is_err());
        }
    }
    for first in [0x48, 0x60, 0x63, 0x6B, 0x8B, 0xC8] {
        assert!(frame::peek_in(Version::V31, &[first], 100).is_err());
    }
}

#[test]
fn a_huge_announcement_is_refused_before_its_body() {
    let error = frame::peek(b"\x10\xFF\xFF\xFF\x7F", 128 * 1024).expect_err("256 MB");
    assert_eq!(error.packet, Some(PacketType::Connect));
    assert_eq!(
        error.kind,
        DecodeErrorKind::PacketTooLarge {
            bytes: 268_435_460,
            bytes_max: 131_072
        }
    );
    assert_eq!(error.disconnect(), Some(reason::PACKET_TOO_LARGE));
    let lost = frame::peek(b"\x30\x80\x80\x80\x80\x01", usize::MAX).expect_err("five bytes");
    assert_eq!(
        (lost.reason(), lost.disconnect()),
        (reason::MALFORMED_PACKET, None)
    );
}

/// A second CONNECT can be bad in ways for which only CONNACK has a code (MQTT 5, table 3-13).
#[test]
fn a_second_connect_is_answered_by_a_code_of_disconnect() {
    for packet in [
        &b"\x10\x0D\0\x04MQTT\x07\x02\0\x3C\0\x01m"[..],
        b"\x10\x0E\0\x04MQTT\x05\x02\0\x3C\0\0\x01\xFF",
    ] {
        let error = decode(Version::V5, packet).expect_err("bad");
        assert!(!reason::allowed(PacketType::Disconnect, error.reason()));
        assert_eq!(error.disconnect(), Some(reason::PROTOCOL_ERROR), "{error}");
        assert!(error.connack().is_some());
    }
}

/// Deep filters cost their length only: nothing recurses.
#[test]
fn a_filter_of_twenty_thousand_levels() {
    let filter = "/".repeat(20_000);
    let mut packet = Vec::new();
    let wish = [(
        filter.as_str(),
        hw_mqtt::SubscribeOptions::at(hw_mqtt::Qos::AtMostOnce),
    )];
    hw_mqtt::encode::subscribe(&mut packet, Version::V5, 1, Default::default(), wish)
        .expect("valid");
    assert!(decode(Version::V5, &packet).is_ok());
}
