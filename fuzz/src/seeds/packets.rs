// SPDX-License-Identifier: Apache-2.0
//! One MQTT packet of each kind in both versions, bare and with all that may be in it; and lives of
//! a connection.

use hw_mqtt::{
    Auth, ConnAck, Connect, Disconnect, PacketType, Place, Properties, Property, PropertyBuf,
    PropertyId, PubAck, PubComp, PubRec, PubRel, Publish, Qos, RetainHandling, SubAck,
    SubscribeOptions, UnsubAck, Version, Will, encode,
};

use crate::Seeds;

const BOTH: [Version; 2] = [Version::V5, Version::V311];

/// Each packet alone, and all of a version behind each other.
pub fn all() -> Seeds {
    let mut seeds = Seeds::new();
    for version in BOTH {
        let packets: Seeds = [client(version), server(version)].concat();
        let together = packets.concat();
        seeds.extend(packets);
        seeds.push(together);
    }
    seeds
}

/// As the session's target reads them: pieces for the comparison, and steps of a life.
pub fn conversations() -> Seeds {
    let mut seeds = Seeds::new();
    for (n, version) in BOTH.into_iter().enumerate() {
        let packets = client(version);
        // One in pieces of seven bytes, all at once and each alone behind a subscription.
        let head = [1, n as u8, 6];
        seeds.push([&head[..], &packets[2..].concat()].concat());
        for packet in &packets {
            seeds.push([&head[..], &packets[2], packet, packet].concat());
        }
        // A life: say hello with nothing special, then each packet as a step, with time and reads.
        let mut life = vec![0, 0, n as u8, 0, 0, 0, 0];
        for packet in packets.iter().filter(|packet| packet.len() < 256) {
            life.extend([0, packet.len() as u8]);
            life.extend_from_slice(packet);
            life.extend([4, 1, 1, 9, 20, 0, 6, 255, 8, 40, 0, 9, 2, 0]);
        }
        seeds.push(life);
    }
    seeds
}

/// Everything that may stand there, each once, user properties twice.
fn full(version: Version, place: Place) -> PropertyBuf {
    let all = [
        Property::UserProperty("a", "ü"),
        Property::PayloadFormatIndicator(true),
        Property::MessageExpiryInterval(60),
        Property::ContentType("text/plain"),
        Property::ResponseTopic("answers/1"),
        Property::CorrelationData(b"\0\xFF7"),
        Property::SubscriptionIdentifier(300),
        Property::SessionExpiryInterval(3_600),
        Property::AssignedClientIdentifier("auto-1"),
        Property::ServerKeepAlive(30),
        Property::AuthenticationMethod("SCRAM"),
        Property::AuthenticationData(b"step"),
        Property::RequestProblemInformation(true),
        Property::WillDelayInterval(5),
        Property::RequestResponseInformation(false),
        Property::ResponseInformation("r/"),
        Property::ServerReference("other:8883"),
        Property::ReasonString("because"),
        Property::ReceiveMaximum(20),
        Property::TopicAliasMaximum(8),
        Property::TopicAlias(3),
        Property::MaximumQos(Qos::AtLeastOnce),
        Property::RetainAvailable(false),
        Property::MaximumPacketSize(100_000),
        Property::WildcardSubscriptionAvailable(true),
        Property::SubscriptionIdentifierAvailable(true),
        Property::SharedSubscriptionAvailable(false),
        Property::UserProperty("", ""),
    ];
    let mut buf = PropertyBuf::new();
    let here = |id: PropertyId| version == Version::V5 && id.allowed_in(place);
    for one in all.into_iter().filter(|one| here(one.id())) {
        buf.push(one).expect("in range");
    }
    buf
}

fn at(version: Version, packet: PacketType) -> PropertyBuf {
    full(version, Place::Packet(packet))
}

/// Refusals to encode are left out: they are what a version does not have.
fn encoded<E>(write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Seeds {
    let mut out = Vec::new();
    match write(&mut out) {
        Ok(()) => vec![out],
        Err(_) => Vec::new(),
    }
}

/// What clients send. The first two are CONNECT, the third is SUBSCRIBE.
fn client(version: Version) -> Seeds {
    let bare = Connect {
        version,
        bridge: false,
        clean_start: true,
        keep_alive_seconds: 60,
        client_id: "m1",
        will: None,
        user_name: None,
        password: None,
        properties: Properties::EMPTY,
    };
    let (own, will_own) = (at(version, PacketType::Connect), full(version, Place::Will));
    let will = Will {
        topic: "lost/m1",
        payload: b"gone",
        qos: Qos::AtLeastOnce,
        retain: true,
        properties: will_own.as_properties(),
    };
    let whole = Connect {
        will: Some(will),
        user_name: Some("u"),
        password: Some(b"\0\xFF"),
        properties: own.as_properties(),
        ..bare
    };
    let mut seeds = encoded(|out| encode::connect(out, &bare));
    seeds.extend(encoded(|out| encode::connect(out, &whole)));
    seeds.extend(subscriptions(version));
    seeds.extend(publications(version));
    encode::pingreq(seeds.push_mut(Vec::new()));
    let own = at(version, PacketType::Auth);
    let auth = Auth {
        reason: 0x18,
        properties: own.as_properties(),
    };
    seeds.extend(encoded(|out| encode::auth(out, version, &auth)));
    let leave = Disconnect {
        reason: 0x04,
        properties: Properties::EMPTY,
    };
    seeds.extend(encoded(|out| encode::disconnect_with(out, version, &leave)));
    seeds
}

fn subscriptions(version: Version) -> Seeds {
    let own = at(version, PacketType::Subscribe);
    let other = SubscribeOptions {
        qos: Qos::AtMostOnce,
        no_local: true,
        retain_as_published: true,
        retain_handling: RetainHandling::IfNew,
    };
    let shared = SubscribeOptions {
        no_local: false,
        ..other
    };
    let plain = SubscribeOptions::at(Qos::AtLeastOnce);
    let wishes = [("a/#", plain), ("k/+", other), ("$share/g/+/b", shared)];
    let mut seeds = encoded(|out| encode::subscribe(out, version, 1, own.as_properties(), wishes));
    let own = at(version, PacketType::Unsubscribe);
    let filters = ["k/+", "b"];
    seeds.extend(encoded(|out| {
        encode::unsubscribe(out, version, 2, own.as_properties(), filters)
    }));
    seeds
}

fn publications(version: Version) -> Seeds {
    let own = at(version, PacketType::Publish);
    let mut seeds = Seeds::new();
    for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
        let bare = Publish {
            dup: false,
            qos,
            retain: false,
            topic: "a/b",
            packet_id: if qos == Qos::AtMostOnce { 0 } else { 513 },
            properties: Properties::EMPTY,
            payload: b"{\"flow\":1}",
        };
        let whole = Publish {
            dup: qos != Qos::AtMostOnce,
            retain: true,
            topic: "k/ü",
            properties: own.as_properties(),
            ..bare
        };
        let hop = encode::PublishExtra {
            subscription_ids: &[1, 268_435_455],
            topic_alias: Some(3),
            message_expiry_interval: Some(9),
        };
        let again = Publish { topic: "", ..bare };
        for (message, extra) in [(bare, Default::default()), (whole, hop), (again, hop)] {
            let write = |out: &mut _| encode::publish(out, version, &message, &extra).map(drop);
            seeds.extend(encoded(write));
        }
    }
    seeds.extend(answers(version));
    seeds
}

fn answers(version: Version) -> Seeds {
    let mut seeds = Seeds::new();
    for reason in [0, 0x92, 0x97] {
        encode::puback(seeds.push_mut(Vec::new()), version, 513, reason);
    }
    encode::pubrec(seeds.push_mut(Vec::new()), version, 7, 0);
    encode::pubrel(seeds.push_mut(Vec::new()), version, 7, 0);
    encode::pubcomp(seeds.push_mut(Vec::new()), version, 7, 0x92);
    let own = at(version, PacketType::PubAck);
    let (packet_id, properties) = (7, own.as_properties());
    let it = PubAck {
        packet_id,
        reason: 0x10,
        properties,
    };
    seeds.extend(encoded(|out| encode::puback_with(out, version, &it)));
    let it = PubRec {
        packet_id,
        reason: 0x97,
        properties,
    };
    seeds.extend(encoded(|out| encode::pubrec_with(out, version, &it)));
    let it = PubRel {
        packet_id,
        reason: 0x92,
        properties,
    };
    seeds.extend(encoded(|out| encode::pubrel_with(out, version, &it)));
    let it = PubComp {
        packet_id,
        reason: 0,
        properties,
    };
    seeds.extend(encoded(|out| encode::pubcomp_with(out, version, &it)));
    seeds
}

/// What servers send.
fn server(version: Version) -> Seeds {
    let own = at(version, PacketType::ConnAck);
    let it = ConnAck {
        session_present: true,
        code: 0,
        properties: own.as_properties(),
    };
    let mut seeds = encoded(|out| encode::connack(out, version, &it));
    let own = at(version, PacketType::SubAck);
    let it = SubAck {
        packet_id: 9,
        properties: own.as_properties(),
        codes: &[0, 1, 2, 0x80],
    };
    seeds.extend(encoded(|out| encode::suback(out, version, &it)));
    let it = UnsubAck {
        packet_id: 9,
        properties: own.as_properties(),
        codes: &[0, 0x11],
    };
    seeds.extend(encoded(|out| encode::unsuback(out, version, &it)));
    encode::pingresp(seeds.push_mut(Vec::new()));
    let own = full(version, Place::Packet(PacketType::Disconnect));
    let it = Disconnect {
        reason: 0x9C,
        properties: own.as_properties(),
    };
    seeds.extend(encoded(|out| encode::disconnect_with(out, version, &it)));
    seeds
}
