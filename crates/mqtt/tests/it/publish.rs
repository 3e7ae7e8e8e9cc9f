// SPDX-License-Identifier: Apache-2.0
//! PUBLISH: topics, identifiers, and encoding once for many receivers.

use hw_mqtt::encode::{PublishExtra, patch_packet_id};
use hw_mqtt::{EncodeError, Packet, Property, Publish, Qos, Version, decode, encode, reason};

use crate::packets::{bare_publish, properties};

fn read(version: Version, packet: &[u8]) -> Publish<'_> {
    match decode(version, packet) {
        Ok(Packet::Publish(message)) => message,
        other => panic!("not a PUBLISH: {other:?}"),
    }
}

#[test]
fn bad_topics_and_identifiers() {
    for (version, packet, code) in [
        (
            Version::V311,
            &b"\x30\x02\0\0"[..],
            reason::MALFORMED_PACKET,
        ),
        (Version::V5, b"\x30\x03\0\0\0", reason::MALFORMED_PACKET),
        (
            Version::V5,
            b"\x30\x06\0\0\x03\x23\0\0",
            reason::TOPIC_ALIAS_INVALID,
        ),
        (
            Version::V311,
            b"\x30\x05\0\x03a/+",
            reason::MALFORMED_PACKET,
        ),
        (
            Version::V311,
            b"\x30\x05\0\x03a/#",
            reason::MALFORMED_PACKET,
        ),
        (
            Version::V311,
            b"\x30\x05\0\x03a\0b",
            reason::MALFORMED_PACKET,
        ),
        (
            Version::V311,
            b"\x30\x05\0\x03\xED\xA0\x80",
            reason::MALFORMED_PACKET,
        ),
        (Version::V311, b"\x30\x04\0\x03ab", reason::MALFORMED_PACKET),
        (
            Version::V311,
            b"\x32\x05\0\x01a\0\0",
            reason::PROTOCOL_ERROR,
        ),
        (
            Version::V311,
            b"\x36\x05\0\x01a\0\x01",
            reason::MALFORMED_PACKET,
        ),
        (Version::V311, b"\x38\x03\0\x01a", reason::MALFORMED_PACKET),
    ] {
        let error = decode(version, packet).expect_err("bad");
        assert_eq!(error.reason(), code, "{error}");
    }
    let alias_only = read(Version::V5, b"\x30\x06\0\0\x03\x23\0\x02");
    assert_eq!(
        (alias_only.topic, alias_only.properties.topic_alias()),
        ("", Some(2))
    );
}

#[test]
fn one_encoding_serves_many_receivers() {
    for version in [Version::V311, Version::V5] {
        for payload_bytes in [0, 1, 100, 128, 20_000, 3_000_000] {
            let payload = vec![b'x'; payload_bytes];
            let message = Publish {
                payload: &payload,
                packet_id: 0,
                ..bare_publish(Qos::AtLeastOnce)
            };
            let mut out = b"before".to_vec();
            let at = encode::publish(&mut out, version, &message, &PublishExtra::default());
            let at = at.expect("valid").expect("QoS 1 has an identifier");
            let shared = &out[6..];
            assert!(
                decode(version, shared).is_err(),
                "identifier 0 is not valid yet"
            );
            for packet_id in [1, 0xABCD, u16::MAX] {
                let mut copy = shared.to_vec();
                patch_packet_id(&mut copy, at, packet_id);
                assert_eq!(
                    read(version, &copy),
                    Publish {
                        packet_id,
                        ..message
                    }
                );
            }
        }
    }
    let mut out = Vec::new();
    let message = bare_publish(Qos::AtMostOnce);
    assert_eq!(
        encode::publish(&mut out, Version::V5, &message, &PublishExtra::default()),
        Ok(None)
    );
}

#[test]
fn properties_of_the_hop_are_replaced_and_the_rest_is_passed_on() {
    let came_with = properties(&[
        Property::UserProperty("a", "1"),
        Property::TopicAlias(7),
        Property::MessageExpiryInterval(100),
        Property::UserProperty("a", "2"),
        Property::SubscriptionIdentifier(5),
        Property::CorrelationData(b"c"),
    ]);
    let message = Publish {
        properties: came_with.as_properties(),
        ..bare_publish(Qos::AtMostOnce)
    };
    let passed_on = |extra: &PublishExtra<'_>| {
        let mut out = Vec::new();
        encode::publish(&mut out, Version::V5, &message, extra).expect("valid");
        let list: Vec<String> = read(Version::V5, &out)
            .properties
            .iter()
            .map(|one| format!("{one:?}"))
            .collect();
        list.join(" ")
    };
    assert_eq!(
        passed_on(&PublishExtra::default()),
        r#"UserProperty("a", "1") MessageExpiryInterval(100) UserProperty("a", "2") CorrelationData([99])"#
    );
    let extra = PublishExtra {
        subscription_ids: &[1, 16_384],
        topic_alias: Some(2),
        message_expiry_interval: Some(40),
    };
    assert_eq!(
        passed_on(&extra),
        r#"UserProperty("a", "1") UserProperty("a", "2") CorrelationData([99]) MessageExpiryInterval(40) TopicAlias(2) SubscriptionIdentifier(1) SubscriptionIdentifier(16384)"#
    );
}

#[test]
fn what_does_not_fit_leaves_the_buffer_as_it_was() {
    let long = "x".repeat(65_536);
    let message = Publish {
        topic: &long,
        ..bare_publish(Qos::AtMostOnce)
    };
    let mut out = b"kept".to_vec();
    let refused = encode::publish(&mut out, Version::V5, &message, &PublishExtra::default());
    assert_eq!(
        refused,
        Err(EncodeError::TooLong {
            field: "the topic name",
            bytes: 65_536
        })
    );
    let bad_id = PublishExtra {
        subscription_ids: &[1, 0],
        ..Default::default()
    };
    assert!(
        encode::publish(
            &mut out,
            Version::V5,
            &bare_publish(Qos::AtMostOnce),
            &bad_id
        )
        .is_err()
    );
    let none = std::iter::empty::<&str>();
    assert!(encode::unsubscribe(&mut out, Version::V5, 1, Default::default(), none).is_err());
    let filters = ["a", long.as_str()];
    assert!(encode::unsubscribe(&mut out, Version::V5, 1, Default::default(), filters).is_err());
    assert_eq!(out, b"kept");
}
