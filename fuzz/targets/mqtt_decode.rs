// SPDX-License-Identifier: Apache-2.0
//! Bytes of a peer as MQTT packets, in all versions: finding their borders, decoding, reading all
//! that is read lazily, and encoding again to the same.
#![no_main]

use hw_mqtt::encode::{self, EncodeError, PublishExtra};
use hw_mqtt::{
    DecodeError, Packet, PacketType, Place, Properties, Property, PropertyBuf, PropertyId, Publish,
    Version, connect, decode, frame, reason,
};
use libfuzzer_sys::fuzz_target;

const PACKET_BYTES_MAX: usize = 2_000;

fuzz_target!(|data: &[u8]| {
    borders(data);
    for version in [Version::V31, Version::V311, Version::V5] {
        stream(version, data);
    }
});

/// What a header says does not change when more bytes come.
fn borders(data: &[u8]) {
    let all = frame::peek(data, PACKET_BYTES_MAX);
    for cut in 0..data.len().min(6) {
        match frame::peek(&data[..cut], PACKET_BYTES_MAX) {
            Ok(None) => {}
            early => assert_eq!(early, all, "{cut}"),
        }
    }
    if let Ok(Some(found)) = all {
        assert!((2..=5).contains(&found.header_len) && found.total_len >= found.header_len);
        assert!(found.total_len <= PACKET_BYTES_MAX);
    }
}

/// Packet after packet, as a connection reads them; and the whole as one.
fn stream(version: Version, data: &[u8]) {
    packet(version, data);
    let mut rest = data;
    while let Ok(Some(found)) = frame::peek_in(version, rest, PACKET_BYTES_MAX) {
        let Some((one, behind)) = rest.split_at_checked(found.total_len) else {
            break;
        };
        packet(version, one);
        rest = behind;
    }
}

fn packet(version: Version, bytes: &[u8]) {
    if let Err(error) = connect::decode(bytes) {
        refused(error);
        let allowed = |(version, code): (Version, u8)| match version {
            Version::V5 => code != 0 && reason::allowed(PacketType::ConnAck, code),
            Version::V31 | Version::V311 => {
                code != 0 && reason::allowed_v311(PacketType::ConnAck, code)
            }
        };
        assert!(error.connack().is_none_or(allowed), "{error}");
    }
    match decode(version, bytes) {
        Ok(read) => {
            assert!(!format!("{read:?}").is_empty());
            for (place, properties) in sections(&read) {
                all_ways_to_read(place, properties);
            }
            comes_back(version, &read);
        }
        Err(error) => refused(error),
    }
}

fn refused(error: DecodeError) {
    assert!(error.reason() >= 0x80 && !error.to_string().is_empty());
    let allowed = |code: u8| code >= 0x80 && reason::allowed(PacketType::Disconnect, code);
    assert!(error.disconnect().is_none_or(allowed), "{error}");
}

fn sections<'a>(packet: &Packet<'a>) -> Vec<(Place, Properties<'a>)> {
    let own = match packet {
        Packet::Connect(it) => it.properties,
        Packet::ConnAck(it) => it.properties,
        Packet::Publish(it) => it.properties,
        Packet::PubAck(it) => it.properties,
        Packet::PubRec(it) => it.properties,
        Packet::PubRel(it) => it.properties,
        Packet::PubComp(it) => it.properties,
        Packet::Subscribe(it) => it.properties,
        Packet::SubAck(it) => it.properties,
        Packet::Unsubscribe(it) => it.properties,
        Packet::UnsubAck(it) => it.properties,
        Packet::Disconnect(it) => it.properties,
        Packet::Auth(it) => it.properties,
        Packet::PingReq(_) | Packet::PingResp(_) => Properties::EMPTY,
    };
    let mut all = vec![(Place::Packet(packet.packet_type()), own)];
    if let Packet::Connect(connect) = packet {
        all.extend(connect.will.map(|will| (Place::Will, will.properties)));
    }
    all
}

/// Properties that passed the check: the list, the getters and the bytes say the same.
fn all_ways_to_read(place: Place, properties: Properties<'_>) {
    assert_eq!(Properties::check(place, properties.raw()), Ok(properties));
    let list: Vec<Property<'_>> = properties.iter().collect();
    for id in PropertyId::ALL {
        let first = list.iter().find(|one| one.id() == *id).copied();
        assert_eq!(properties.get(*id), first);
    }
    let users = list
        .iter()
        .filter(|one| one.id() == PropertyId::UserProperty);
    assert_eq!(properties.user_properties().count(), users.count());
    assert_eq!(
        properties.topic_alias().is_some(),
        properties.get(PropertyId::TopicAlias).is_some()
    );
    let mut again = PropertyBuf::new();
    for one in list {
        again.push(one).expect("it was decoded");
    }
    assert_eq!(again.as_properties(), properties);
}

/// What was decoded and is encoded again decodes to the same.
fn comes_back(version: Version, read: &Packet<'_>) {
    let mut out = Vec::new();
    if let Packet::Publish(message) = read {
        return publish_comes_back(version, message);
    }
    encoded(&mut out, version, read).expect("what was decoded can be encoded");
    assert_eq!(decode(version, &out), Ok(*read));
}

fn encoded(out: &mut Vec<u8>, version: Version, read: &Packet<'_>) -> Result<(), EncodeError> {
    match read {
        Packet::Connect(it) => encode::connect(out, it)?,
        Packet::ConnAck(it) => encode::connack(out, version, it)?,
        Packet::Publish(it) => {
            encode::publish(out, version, it, &PublishExtra::default())?;
        }
        Packet::PubAck(it) => encode::puback_with(out, version, it)?,
        Packet::PubRec(it) => encode::pubrec_with(out, version, it)?,
        Packet::PubRel(it) => encode::pubrel_with(out, version, it)?,
        Packet::PubComp(it) => encode::pubcomp_with(out, version, it)?,
        Packet::Subscribe(it) => {
            encode::subscribe(out, version, it.packet_id, it.properties, it.filters())?;
        }
        Packet::SubAck(it) => encode::suback(out, version, it)?,
        Packet::Unsubscribe(it) => {
            encode::unsubscribe(out, version, it.packet_id, it.properties, it.filters())?;
        }
        Packet::UnsubAck(it) => encode::unsuback(out, version, it)?,
        Packet::PingReq(_) => encode::pingreq(out),
        Packet::PingResp(_) => encode::pingresp(out),
        Packet::Disconnect(it) => encode::disconnect_with(out, version, it)?,
        Packet::Auth(it) => encode::auth(out, version, it)?,
    }
    Ok(())
}

/// The properties of the hop are given anew, and stand behind the others.
fn publish_comes_back(version: Version, message: &Publish<'_>) {
    let ids: Vec<u32> = message.properties.subscription_identifiers().collect();
    let extra = PublishExtra {
        subscription_ids: &ids,
        topic_alias: message.properties.topic_alias(),
        message_expiry_interval: message.properties.message_expiry_interval(),
    };
    let mut out = Vec::new();
    let id_at = encode::publish(&mut out, version, message, &extra).expect("it was decoded");
    let id = id_at.map_or(0, |at| u16::from_be_bytes([out[at], out[at + 1]]));
    assert_eq!(id, message.packet_id);
    let Ok(Packet::Publish(again)) = decode(version, &out) else {
        panic!("an encoded PUBLISH can't be decoded: {out:?}");
    };
    let sorted = |message: &Publish<'_>| {
        let mut list: Vec<String> = message
            .properties
            .iter()
            .map(|one| format!("{one:?}"))
            .collect();
        list.sort();
        list
    };
    assert_eq!(sorted(&again), sorted(message));
    let properties = message.properties;
    assert_eq!(
        Publish {
            properties,
            ..again
        },
        *message
    );
}
