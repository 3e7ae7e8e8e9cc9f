// SPDX-License-Identifier: Apache-2.0
//! One encoded packet of every kind in both versions, with and without its optional parts.

use hw_mqtt::{
    Auth, ConnAck, Connect, Disconnect, Properties, Property, PropertyBuf, PubAck, PubComp, PubRec,
    PubRel, Publish, Qos, RetainHandling, SubAck, SubscribeOptions, UnsubAck, Version, Will,
    encode,
};

/// Properties from a list that is known to be valid.
pub fn properties(list: &[Property<'_>]) -> PropertyBuf {
    let mut buf = PropertyBuf::new();
    for property in list {
        buf.push(*property).expect("valid properties");
    }
    buf
}

/// What a closure encodes.
pub fn encoded(write: impl FnOnce(&mut Vec<u8>) -> Result<(), encode::EncodeError>) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out).expect("valid packet");
    out
}

/// A CONNECT with nothing optional.
pub fn bare_connect(version: Version) -> Connect<'static> {
    Connect {
        version,
        bridge: false,
        clean_start: true,
        keep_alive_seconds: 60,
        client_id: "meter-1",
        will: None,
        user_name: None,
        password: None,
        properties: Properties::EMPTY,
    }
}

/// A PUBLISH with nothing optional.
pub fn bare_publish(qos: Qos) -> Publish<'static> {
    Publish {
        dup: false,
        qos,
        retain: false,
        topic: "things/meter-1",
        packet_id: if qos == Qos::AtMostOnce { 0 } else { 513 },
        properties: Properties::EMPTY,
        payload: b"{\"flow\":1}",
    }
}

/// Every packet type, each in its shortest and its longest form.
pub fn samples() -> Vec<(Version, Vec<u8>)> {
    let mut all = Vec::new();
    for version in [Version::V311, Version::V5] {
        all.extend(
            connects(version)
                .into_iter()
                .map(|packet| (version, packet)),
        );
        all.extend(
            publishes(version)
                .into_iter()
                .map(|packet| (version, packet)),
        );
        all.extend(answers(version).into_iter().map(|packet| (version, packet)));
        all.extend(
            subscriptions(version)
                .into_iter()
                .map(|packet| (version, packet)),
        );
        all.extend(ends(version).into_iter().map(|packet| (version, packet)));
    }
    all
}

fn connects(version: Version) -> Vec<Vec<u8>> {
    let will_properties = properties(&[Property::WillDelayInterval(5), Property::ContentType("t")]);
    let own = properties(&[
        Property::SessionExpiryInterval(3_600),
        Property::ReceiveMaximum(20),
        Property::UserProperty("a", "b"),
        Property::AuthenticationMethod("m"),
        Property::AuthenticationData(b"d"),
    ]);
    let full = Connect {
        will: Some(Will {
            topic: "lost/meter-1",
            payload: b"gone",
            qos: Qos::AtLeastOnce,
            retain: true,
            properties: will_properties.as_properties(),
        }),
        user_name: Some("u"),
        password: Some(b"\0\xFF"),
        properties: own.as_properties(),
        ..bare_connect(version)
    };
    let server = properties(&[
        Property::MaximumQos(Qos::AtLeastOnce),
        Property::ServerKeepAlive(9),
    ]);
    let connack = ConnAck {
        session_present: true,
        code: 0,
        properties: server.as_properties(),
    };
    vec![
        encoded(|out| encode::connect(out, &bare_connect(version))),
        encoded(|out| encode::connect(out, &full)),
        encoded(|out| encode::connack(out, version, &connack)),
    ]
}

fn publishes(version: Version) -> Vec<Vec<u8>> {
    let own = properties(&[
        Property::PayloadFormatIndicator(true),
        Property::UserProperty("k", "v"),
        Property::ResponseTopic("r"),
    ]);
    let extra = encode::PublishExtra {
        subscription_ids: &[1, 200],
        topic_alias: Some(3),
        message_expiry_interval: Some(60),
    };
    let mut all = Vec::new();
    for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
        let message = Publish {
            properties: own.as_properties(),
            ..bare_publish(qos)
        };
        for (message, extra) in [(bare_publish(qos), Default::default()), (message, extra)] {
            let write = |out: &mut _| encode::publish(out, version, &message, &extra).map(|_| ());
            all.push(encoded(write));
        }
    }
    all
}

fn answers(version: Version) -> Vec<Vec<u8>> {
    let own = properties(&[
        Property::ReasonString("why"),
        Property::UserProperty("", ""),
    ]);
    let properties = own.as_properties();
    let mut all = Vec::new();
    for (answer, failure) in [
        (encode::puback as fn(&mut Vec<u8>, Version, u16, u8), 0x87),
        (encode::pubrec, 0x80),
        (encode::pubrel, 0x92),
        (encode::pubcomp, 0x92),
    ] {
        for reason in [0, failure] {
            let mut out = Vec::new();
            answer(&mut out, version, 7, reason);
            all.push(out);
        }
    }
    let puback = PubAck {
        packet_id: 7,
        reason: 0x10,
        properties,
    };
    let pubrec = PubRec {
        packet_id: 7,
        reason: 0x97,
        properties,
    };
    let pubrel = PubRel {
        packet_id: 7,
        reason: 0,
        properties,
    };
    let pubcomp = PubComp {
        packet_id: 7,
        reason: 0x92,
        properties,
    };
    all.push(encoded(|out| encode::puback_with(out, version, &puback)));
    all.push(encoded(|out| encode::pubrec_with(out, version, &pubrec)));
    all.push(encoded(|out| encode::pubrel_with(out, version, &pubrel)));
    all.push(encoded(|out| encode::pubcomp_with(out, version, &pubcomp)));
    all
}

fn subscriptions(version: Version) -> Vec<Vec<u8>> {
    let own = properties(&[
        Property::SubscriptionIdentifier(300),
        Property::UserProperty("a", ""),
    ]);
    let user = properties(&[Property::UserProperty("a", "b")]);
    let wishes = [
        ("things/+/#", SubscribeOptions::at(Qos::ExactlyOnce)),
        (
            "$share/g/x",
            SubscribeOptions {
                retain_as_published: true,
                retain_handling: RetainHandling::Never,
                ..SubscribeOptions::at(Qos::AtMostOnce)
            },
        ),
    ];
    let properties = user.as_properties();
    let suback = SubAck {
        packet_id: 9,
        properties,
        codes: &[1, 0x80],
    };
    let unsuback = UnsubAck {
        packet_id: 9,
        properties,
        codes: &[0, 0x11],
    };
    vec![
        encoded(|out| encode::subscribe(out, version, 9, own.as_properties(), wishes)),
        encoded(|out| encode::suback(out, version, &suback)),
        encoded(|out| encode::unsubscribe(out, version, 9, properties, wishes.map(|one| one.0))),
        encoded(|out| encode::unsuback(out, version, &unsuback)),
    ]
}

fn ends(version: Version) -> Vec<Vec<u8>> {
    let own = properties(&[
        Property::ReasonString("bye"),
        Property::ServerReference("b"),
    ]);
    let full = Disconnect {
        reason: 0x9C,
        properties: own.as_properties(),
    };
    let mut all = vec![encoded(|out| encode::disconnect_with(out, version, &full))];
    for reason in [0, 0x8E] {
        let mut out = Vec::new();
        encode::disconnect(&mut out, version, reason);
        all.push(out);
    }
    for ping in [encode::pingreq, encode::pingresp] {
        let mut out = Vec::new();
        ping(&mut out);
        all.push(out);
    }
    if version == Version::V5 {
        let own = properties(&[Property::AuthenticationMethod("m")]);
        let step = Auth {
            reason: 0x18,
            properties: own.as_properties(),
        };
        let bare = Auth {
            reason: 0,
            properties: Properties::EMPTY,
        };
        all.push(encoded(|out| encode::auth(out, version, &step)));
        all.push(encoded(|out| encode::auth(out, version, &bare)));
    }
    all
}
