// SPDX-License-Identifier: Apache-2.0
//! What is encoded is decoded to the same, for every packet in both versions.

use hw_mqtt::{
    Auth, ConnAck, Connect, Disconnect, Packet, PacketType, Place, Properties, Property, PubAck,
    PubComp, PubRec, PubRel, Publish, Qos, RetainHandling, SubAck, SubscribeOptions, UnsubAck,
    Version, Will, decode, encode, reason,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::packets::{encoded, properties};

fn version() -> impl Strategy<Value = Version> {
    select(vec![Version::V311, Version::V5])
}

fn qos() -> impl Strategy<Value = Qos> {
    select(vec![Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce])
}

/// Text with characters of one to four bytes.
fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9/$ üñ€𪛔]{0,40}"
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..300)
}

/// Raw properties that are valid at that place: a subset of all, each once, user properties twice.
fn raw(place: Place) -> impl Strategy<Value = Vec<u8>> {
    (any::<u32>(), 1_u32.., text(), text()).prop_map(move |(picks, number, one, other)| {
        let all = [
            Property::UserProperty(&one, &other),
            Property::PayloadFormatIndicator(number & 1 == 0),
            Property::MessageExpiryInterval(number),
            Property::ContentType(&one),
            Property::CorrelationData(other.as_bytes()),
            Property::SessionExpiryInterval(number),
            Property::AuthenticationMethod(&one),
            Property::RequestProblemInformation(number & 2 == 0),
            Property::WillDelayInterval(number),
            Property::ServerReference(&other),
            Property::ReasonString(&one),
            Property::ReceiveMaximum((number as u16).max(1)),
            Property::TopicAliasMaximum(number as u16),
            Property::MaximumPacketSize(number),
            Property::MaximumQos(Qos::AtMostOnce),
            Property::SharedSubscriptionAvailable(false),
            Property::UserProperty(&other, &one),
        ];
        let chosen: Vec<_> = (0..)
            .zip(all)
            .filter(|(bit, one)| picks >> bit & 1 == 1 && one.id().allowed_in(place))
            .map(|(_, one)| one)
            .collect();
        properties(&chosen).as_properties().raw().to_vec()
    })
}

/// Properties as they arrive in that version.
fn in_version(version: Version, raw: &[u8]) -> Properties<'_> {
    match version {
        Version::V31 | Version::V311 => Properties::EMPTY,
        Version::V5 => Properties::from_raw(raw),
    }
}

fn codes(packet: PacketType, version: Version) -> Vec<u8> {
    let allowed = match version {
        Version::V31 | Version::V311 => reason::allowed_v311,
        Version::V5 => reason::allowed,
    };
    let codes: Vec<u8> = (0..=u8::MAX)
        .filter(|code| allowed(packet, *code))
        .collect();
    if codes.is_empty() { vec![0] } else { codes }
}

fn at(packet: PacketType) -> Place {
    Place::Packet(packet)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn connect(
        version in version(), bridge: bool, clean_start: bool, keep_alive_seconds: u16, client_id in text(),
        will in proptest::option::of((text(), bytes(), qos(), any::<bool>(), raw(Place::Will))),
        user_name in proptest::option::of(text()), password in proptest::option::of(bytes()),
        raw in raw(at(PacketType::Connect)),
    ) {
        let will_topic = will.as_ref().map(|will| format!("w{}", will.0)).unwrap_or_default();
        let packet = Connect {
            version, bridge: bridge && version != Version::V5,
            clean_start, keep_alive_seconds, client_id: &client_id,
            will: will.as_ref().map(|(_, payload, qos, retain, raw)| Will {
                topic: &will_topic, payload, qos: *qos, retain: *retain,
                properties: in_version(version, raw),
            }),
            user_name: user_name.as_deref(),
            password: password.as_deref().filter(|_| user_name.is_some() || version == Version::V5),
            properties: in_version(version, &raw),
        };
        let out = encoded(|out| encode::connect(out, &packet));
        prop_assert_eq!(decode(version, &out), Ok(Packet::Connect(packet)));
    }

    #[test]
    fn connack(
        version in version(), session_present: bool, code in any::<prop::sample::Index>(),
        raw in raw(at(PacketType::ConnAck)),
    ) {
        let codes = codes(PacketType::ConnAck, version);
        let properties = in_version(version, &raw);
        let packet = ConnAck { session_present, code: codes[code.index(codes.len())], properties };
        let out = encoded(|out| encode::connack(out, version, &packet));
        prop_assert_eq!(decode(version, &out), Ok(Packet::ConnAck(packet)));
    }

    #[test]
    fn publish(
        version in version(), qos in qos(), dup: bool, retain: bool, topic in text(),
        packet_id in 1_u16.., payload in bytes(), raw in raw(at(PacketType::Publish)),
    ) {
        let topic = format!("t{topic}");
        let packet = Publish {
            dup: dup && qos != Qos::AtMostOnce, qos, retain, topic: &topic,
            packet_id: if qos == Qos::AtMostOnce { 0 } else { packet_id },
            properties: in_version(version, &raw), payload: &payload,
        };
        let mut out = Vec::new();
        let at = encode::publish(&mut out, version, &packet, &Default::default()).expect("valid");
        prop_assert_eq!(at.map(|at| [out[at], out[at + 1]]),
            (qos != Qos::AtMostOnce).then(|| packet_id.to_be_bytes()));
        prop_assert_eq!(decode(version, &out), Ok(Packet::Publish(packet)));
    }

    #[test]
    fn answers(
        version in version(), packet_id in 1_u16.., code in any::<prop::sample::Index>(),
        raw in raw(at(PacketType::PubAck)),
    ) {
        let properties = in_version(version, &raw);
        let pick = |packet| {
            let codes = codes(packet, version);
            codes[code.index(codes.len())]
        };
        let it = PubAck { packet_id, reason: pick(PacketType::PubAck), properties };
        let out = encoded(|out| encode::puback_with(out, version, &it));
        prop_assert_eq!(decode(version, &out), Ok(Packet::PubAck(it)));
        let it = PubRec { packet_id, reason: pick(PacketType::PubRec), properties };
        let out = encoded(|out| encode::pubrec_with(out, version, &it));
        prop_assert_eq!(decode(version, &out), Ok(Packet::PubRec(it)));
        let it = PubRel { packet_id, reason: pick(PacketType::PubRel), properties };
        let out = encoded(|out| encode::pubrel_with(out, version, &it));
        prop_assert_eq!(decode(version, &out), Ok(Packet::PubRel(it)));
        let it = PubComp { packet_id, reason: pick(PacketType::PubComp), properties };
        let out = encoded(|out| encode::pubcomp_with(out, version, &it));
        prop_assert_eq!(decode(version, &out), Ok(Packet::PubComp(it)));
    }

    #[test]
    fn subscribe_and_unsubscribe(
        version in version(), packet_id in 1_u16.., raw in raw(at(PacketType::Subscribe)),
        wishes in vec((text(), qos(), any::<bool>(), any::<bool>(), 0..3_u8), 1..6),
    ) {
        let properties = in_version(version, &raw);
        let wishes: Vec<_> = wishes.into_iter().map(|(filter, qos, no_local, as_published, handling)| {
            let options = SubscribeOptions {
                qos, no_local, retain_as_published: as_published,
                retain_handling: [RetainHandling::Always, RetainHandling::IfNew, RetainHandling::Never]
                    [usize::from(handling)],
            };
            let options = if version == Version::V5 { options } else { SubscribeOptions::at(qos) };
            (format!("f{filter}"), options)
        }).collect();
        let list = || wishes.iter().map(|(filter, options)| (filter.as_str(), *options));
        let out = encoded(|out| encode::subscribe(out, version, packet_id, properties, list()));
        match decode(version, &out) {
            Ok(Packet::Subscribe(read)) => {
                prop_assert_eq!((read.packet_id, read.properties), (packet_id, properties));
                prop_assert!(read.filters().eq(list()));
            }
            other => prop_assert!(false, "{other:?}"),
        }
        let list = || wishes.iter().map(|(filter, _)| filter.as_str());
        let out = encoded(|out| encode::unsubscribe(out, version, packet_id, properties, list()));
        match decode(version, &out) {
            Ok(Packet::Unsubscribe(read)) => {
                prop_assert_eq!((read.packet_id, read.properties), (packet_id, properties));
                prop_assert!(read.filters().eq(list()));
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn suback_and_unsuback(
        version in version(), packet_id in 1_u16.., raw in raw(at(PacketType::SubAck)),
        picks in vec(any::<prop::sample::Index>(), 1..9),
    ) {
        let properties = in_version(version, &raw);
        let pick = |packet| {
            let codes = codes(packet, version);
            picks.iter().map(|pick| codes[pick.index(codes.len())]).collect::<Vec<u8>>()
        };
        let codes = pick(PacketType::SubAck);
        let it = SubAck { packet_id, properties, codes: &codes };
        let out = encoded(|out| encode::suback(out, version, &it));
        prop_assert_eq!(decode(version, &out), Ok(Packet::SubAck(it)));
        let codes = if version == Version::V5 { pick(PacketType::UnsubAck) } else { Vec::new() };
        let it = UnsubAck { packet_id, properties, codes: &codes };
        let out = encoded(|out| encode::unsuback(out, version, &it));
        prop_assert_eq!(decode(version, &out), Ok(Packet::UnsubAck(it)));
    }

    #[test]
    fn disconnect_and_auth(
        version in version(), code in any::<prop::sample::Index>(),
        left in raw(at(PacketType::Disconnect)), step in raw(at(PacketType::Auth)),
    ) {
        let codes = codes(PacketType::Disconnect, version);
        let properties = in_version(version, &left);
        let it = Disconnect { reason: codes[code.index(codes.len())], properties };
        let out = encoded(|out| encode::disconnect_with(out, version, &it));
        prop_assert_eq!(decode(version, &out), Ok(Packet::Disconnect(it)));
        let reason = [0, 0x18, 0x19][code.index(3)];
        let it = Auth { reason, properties: Properties::from_raw(&step) };
        let mut out = Vec::new();
        match encode::auth(&mut out, version, &it) {
            Ok(()) => prop_assert_eq!(decode(version, &out), Ok(Packet::Auth(it))),
            Err(_) => prop_assert!(version == Version::V311 && out.is_empty()),
        }
    }
}
