// SPDX-License-Identifier: Apache-2.0
//! Each property in each place, repetitions, ranges, and cuts.

use super::*;
use crate::packet_type::PacketType;
use crate::reason;
use crate::version::Qos;

const PUBLISH: Place = Place::Packet(PacketType::Publish);
const CONNACK: Place = Place::Packet(PacketType::ConnAck);

/// One valid value of every property.
pub(crate) fn one_of_each() -> Vec<Property<'static>> {
    vec![
        Property::PayloadFormatIndicator(true),
        Property::MessageExpiryInterval(86_400),
        Property::ContentType("application/json"),
        Property::ResponseTopic("answers/here"),
        Property::CorrelationData(&[0, 1, 0xFF]),
        Property::SubscriptionIdentifier(268_435_455),
        Property::SessionExpiryInterval(u32::MAX),
        Property::AssignedClientIdentifier("auto-1"),
        Property::ServerKeepAlive(1_200),
        Property::AuthenticationMethod("SCRAM-SHA-256"),
        Property::AuthenticationData(b"n,,n=user"),
        Property::RequestProblemInformation(false),
        Property::WillDelayInterval(30),
        Property::RequestResponseInformation(true),
        Property::ResponseInformation("answers"),
        Property::ServerReference("b.example:8883"),
        Property::ReasonString("because\nof this"),
        Property::ReceiveMaximum(100),
        Property::TopicAliasMaximum(8),
        Property::TopicAlias(1),
        Property::MaximumQos(Qos::AtLeastOnce),
        Property::RetainAvailable(false),
        Property::UserProperty("key", "value"),
        Property::MaximumPacketSize(149_504),
        Property::WildcardSubscriptionAvailable(true),
        Property::SubscriptionIdentifierAvailable(false),
        Property::SharedSubscriptionAvailable(true),
    ]
}

fn raw_of(properties: &[Property<'_>]) -> Vec<u8> {
    let mut buf = PropertyBuf::new();
    for property in properties {
        buf.push(*property).expect("valid");
    }
    buf.as_properties().raw().to_vec()
}

#[test]
fn each_property_is_taken_exactly_where_the_table_allows() {
    let all = one_of_each();
    assert!(
        all.iter()
            .map(Property::id)
            .eq(PropertyId::ALL.iter().copied())
    );
    let places = PacketType::ALL
        .map(Place::Packet)
        .into_iter()
        .chain([Place::Will]);
    for (place, property) in places.flat_map(|place| all.iter().map(move |one| (place, *one))) {
        let mut list = vec![property];
        if property.id() == PropertyId::AuthenticationData {
            list.insert(0, Property::AuthenticationMethod("m"));
        }
        let raw = raw_of(&list);
        match Properties::check(place, &raw) {
            Ok(read) => {
                assert!(property.id().allowed_in(place), "{property:?} in {place:?}");
                assert!(read.iter().eq(list));
                assert_eq!(read.get(property.id()), Some(property));
            }
            Err(error) => assert!(!property.id().allowed_in(place), "{error} in {place:?}"),
        }
    }
}

#[test]
fn counts_per_packet_are_those_of_the_standard() {
    let count = |place| {
        PropertyId::ALL
            .iter()
            .filter(|id| id.allowed_in(place))
            .count()
    };
    for (place, properties) in [
        (Place::Packet(PacketType::Connect), 9),
        (Place::Will, 7),
        (CONNACK, 17),
        (PUBLISH, 8),
        (Place::Packet(PacketType::PubAck), 2),
        (Place::Packet(PacketType::PubComp), 2),
        (Place::Packet(PacketType::Subscribe), 2),
        (Place::Packet(PacketType::SubAck), 2),
        (Place::Packet(PacketType::Unsubscribe), 1),
        (Place::Packet(PacketType::Disconnect), 4),
        (Place::Packet(PacketType::Auth), 4),
        (Place::Packet(PacketType::PingReq), 0),
    ] {
        assert_eq!(count(place), properties, "{place:?}");
    }
}

#[test]
fn only_user_properties_and_subscription_ids_of_publish_repeat() {
    for property in one_of_each() {
        for place in [
            PUBLISH,
            CONNACK,
            Place::Packet(PacketType::Subscribe),
            Place::Will,
        ] {
            let raw = raw_of(&[Property::AuthenticationMethod("m"), property, property]);
            let raw = if place == CONNACK {
                &raw
            } else {
                &raw_of(&[property, property])
            };
            if !property.id().allowed_in(place) || property.id() == PropertyId::AuthenticationMethod
            {
                continue;
            }
            let repeats = property.id() == PropertyId::UserProperty
                || (property.id() == PropertyId::SubscriptionIdentifier && place == PUBLISH);
            match Properties::check(place, raw) {
                Ok(_) => assert!(repeats, "{property:?} in {place:?}"),
                Err(error) => {
                    assert!(!repeats, "{error}");
                    assert_eq!(error.reason(), reason::PROTOCOL_ERROR);
                }
            }
        }
    }
}

#[test]
fn values_out_of_range_are_refused_both_ways() {
    for (raw, place, code) in [
        (&[0x01, 2][..], PUBLISH, reason::PROTOCOL_ERROR),
        (&[0x0B, 0], PUBLISH, reason::PROTOCOL_ERROR),
        (&[0x0B, 0x80, 0x00], PUBLISH, reason::MALFORMED_PACKET),
        (
            &[0x0B, 0x80, 0x80, 0x80, 0x80, 1],
            PUBLISH,
            reason::MALFORMED_PACKET,
        ),
        (&[0x23, 0, 0], PUBLISH, reason::TOPIC_ALIAS_INVALID),
        (&[0x08, 0, 0], PUBLISH, reason::PROTOCOL_ERROR),
        (&[0x08, 0, 1, b'#'], PUBLISH, reason::PROTOCOL_ERROR),
        (&[0x03, 0, 1, 0], PUBLISH, reason::MALFORMED_PACKET),
        (&[0x03, 0, 1, 0xFF], PUBLISH, reason::MALFORMED_PACKET),
        (&[0x21, 0, 0], CONNACK, reason::PROTOCOL_ERROR),
        (&[0x24, 2], CONNACK, reason::PROTOCOL_ERROR),
        (&[0x27, 0, 0, 0, 0], CONNACK, reason::PROTOCOL_ERROR),
        (&[0x16, 0, 0], CONNACK, reason::PROTOCOL_ERROR),
        (&[0x04, 0], PUBLISH, reason::MALFORMED_PACKET),
        (&[0xFF, 0xFF, 0xFF, 0x7F], PUBLISH, reason::MALFORMED_PACKET),
    ] {
        let error = Properties::check(place, raw).expect_err("out of range");
        assert_eq!(error.reason(), code, "{raw:02x?} {error}");
    }
    let mut buf = PropertyBuf::new();
    for property in [
        Property::TopicAlias(0),
        Property::ReceiveMaximum(0),
        Property::SubscriptionIdentifier(0),
        Property::SubscriptionIdentifier(268_435_456),
        Property::MaximumQos(Qos::ExactlyOnce),
        Property::ReasonString(&"x".repeat(65_536)),
        Property::UserProperty("", &"x".repeat(65_536)),
    ] {
        assert!(buf.push(property).is_err());
        assert!(buf.as_properties().is_empty());
    }
}

#[test]
fn cut_anywhere_a_property_is_malformed() {
    for property in one_of_each() {
        let raw = raw_of(&[property]);
        for cut in 1..raw.len() {
            let properties = Properties::from_raw(&raw[..cut]);
            assert_eq!(properties.iter().count(), 0);
            assert_eq!(properties.get(property.id()), None);
            let mut reader = crate::read::Reader::new(PacketType::Publish, &raw[..cut]);
            let error = walk::next(&mut reader).expect_err("cut");
            assert_eq!(error.reason(), reason::MALFORMED_PACKET);
        }
    }
}

#[test]
fn getters_read_their_own_property() {
    let raw = raw_of(&one_of_each());
    let all = Properties::from_raw(&raw);
    assert_eq!(all.payload_format_indicator(), Some(true));
    assert_eq!(all.message_expiry_interval(), Some(86_400));
    assert_eq!(all.content_type(), Some("application/json"));
    assert_eq!(all.response_topic(), Some("answers/here"));
    assert_eq!(all.correlation_data(), Some(&[0, 1, 0xFF][..]));
    assert_eq!(all.subscription_identifier(), Some(268_435_455));
    assert_eq!(all.session_expiry_interval(), Some(u32::MAX));
    assert_eq!(all.assigned_client_identifier(), Some("auto-1"));
    assert_eq!(all.server_keep_alive(), Some(1_200));
    assert_eq!(all.authentication_method(), Some("SCRAM-SHA-256"));
    assert_eq!(all.authentication_data(), Some(&b"n,,n=user"[..]));
    assert_eq!(all.request_problem_information(), Some(false));
    assert_eq!(all.will_delay_interval(), Some(30));
    assert_eq!(all.request_response_information(), Some(true));
    assert_eq!(all.response_information(), Some("answers"));
    assert_eq!(all.server_reference(), Some("b.example:8883"));
    assert_eq!(all.reason_string(), Some("because\nof this"));
    assert_eq!(all.receive_maximum(), Some(100));
    assert_eq!(all.topic_alias_maximum(), Some(8));
    assert_eq!(all.topic_alias(), Some(1));
    assert_eq!(all.maximum_qos(), Some(Qos::AtLeastOnce));
    assert_eq!(all.retain_available(), Some(false));
    assert!(all.user_properties().eq([("key", "value")]));
    assert_eq!(all.maximum_packet_size(), Some(149_504));
    assert_eq!(all.wildcard_subscription_available(), Some(true));
    assert_eq!(all.subscription_identifier_available(), Some(false));
    assert_eq!(all.shared_subscription_available(), Some(true));
    assert_eq!(Properties::EMPTY.topic_alias(), None);
}
