// SPDX-License-Identifier: Apache-2.0
//! The examples that the standards print, byte for byte, and the shortest packets.

use hw_mqtt::{Packet, Property, Qos, RetainHandling, Version, connect, decode, encode};

use crate::packets::{bare_connect, encoded, properties};

/// MQTT 3.1.1, figure 3.6 (the variable header) with user name, password and will.
#[test]
fn connect_of_3_1_1() {
    let packet = b"\x10\x1f\0\x04MQTT\x04\xCE\0\x0A\0\x02id\0\x01w\0\x04last\0\x02me\0\x02pw";
    let read = connect::decode(packet).expect("valid");
    assert_eq!(
        (read.version, read.clean_start, read.keep_alive_seconds),
        (Version::V311, true, 10)
    );
    let will = read.will.expect("will flag");
    assert_eq!(
        (will.topic, will.payload, will.qos, will.retain),
        ("w", &b"last"[..], Qos::AtLeastOnce, false)
    );
    assert_eq!(
        (read.user_name, read.password),
        (Some("me"), Some(&b"pw"[..]))
    );
    assert_eq!(encoded(|out| encode::connect(out, &read)), packet);
    assert!(
        !format!("{read:?}").contains("112"),
        "the password is not shown"
    );
}

/// MQTT 5, figure 3-6: the variable header with Session Expiry Interval 10.
#[test]
fn connect_of_5() {
    let packet = b"\x10\x13\0\x04MQTT\x05\x02\0\x0A\x05\x11\0\0\0\x0A\0\x01c";
    let read = connect::decode(packet).expect("valid");
    assert_eq!(
        (read.version, read.properties.session_expiry_interval()),
        (Version::V5, Some(10))
    );
    let own = properties(&[Property::SessionExpiryInterval(10)]);
    let same = hw_mqtt::Connect {
        keep_alive_seconds: 10,
        client_id: "c",
        properties: own.as_properties(),
        ..bare_connect(Version::V5)
    };
    assert_eq!(read, same);
    assert_eq!(encoded(|out| encode::connect(out, &same)), packet);
}

/// MQTT 3.1.1, figure 3.11: topic a/b, packet identifier 10; MQTT 5, figure 3-9: no properties.
#[test]
fn publish_of_both() {
    for (version, packet) in [
        (Version::V311, &b"\x32\x07\0\x03a/b\0\x0A"[..]),
        (Version::V5, b"\x32\x08\0\x03a/b\0\x0A\0"),
    ] {
        let Ok(Packet::Publish(read)) = decode(version, packet) else {
            panic!("a PUBLISH")
        };
        assert_eq!(
            (read.topic, read.packet_id, read.payload),
            ("a/b", 10, &b""[..])
        );
        let mut out = Vec::new();
        let at = encode::publish(&mut out, version, &read, &Default::default()).expect("valid");
        assert_eq!((out.as_slice(), at), (packet, Some(7)));
    }
}

/// MQTT 3.1.1, figure 3.23: a/b at QoS 1 and c/d at QoS 2.
#[test]
fn subscribe_of_3_1_1() {
    let packet = b"\x82\x0E\0\x0A\0\x03a/b\x01\0\x03c/d\x02";
    let Ok(Packet::Subscribe(read)) = decode(Version::V311, packet) else {
        panic!("a SUBSCRIBE")
    };
    let filters: Vec<_> = read
        .filters()
        .map(|(filter, options)| (filter, options.qos))
        .collect();
    assert_eq!(read.packet_id, 10);
    assert_eq!(
        filters,
        [("a/b", Qos::AtLeastOnce), ("c/d", Qos::ExactlyOnce)]
    );
}

/// MQTT 5, section 3.8.3.1: all options at once.
#[test]
fn subscribe_of_5() {
    let packet = b"\x82\x0B\0\x0A\x02\x0B\x05\0\x03a/b\x2D";
    let Ok(Packet::Subscribe(read)) = decode(Version::V5, packet) else {
        panic!("a SUBSCRIBE")
    };
    assert_eq!(read.properties.subscription_identifier(), Some(5));
    let (filter, options) = read.filters().next().expect("one");
    assert_eq!(
        (filter, options.qos, options.no_local),
        ("a/b", Qos::AtLeastOnce, true)
    );
    assert_eq!(
        (options.retain_as_published, options.retain_handling),
        (true, RetainHandling::Never)
    );
    assert_eq!(options.to_byte(Version::V5), 0x2D);
}

/// MQTT 3.1.1, figures 3.27 and 3.30: three codes, two filters.
#[test]
fn suback_and_unsubscribe_of_3_1_1() {
    let Ok(Packet::SubAck(read)) = decode(Version::V311, b"\x90\x05\0\x0A\0\x02\x80") else {
        panic!("a SUBACK")
    };
    assert_eq!((read.packet_id, read.codes), (10, &[0, 2, 0x80][..]));
    let packet = b"\xA2\x0C\0\x0A\0\x03a/b\0\x03c/d";
    let Ok(Packet::Unsubscribe(read)) = decode(Version::V311, packet) else {
        panic!("an UNSUBSCRIBE")
    };
    assert!(read.filters().eq(["a/b", "c/d"]));
}

/// MQTT 5: reason code and properties may be left out (3.4.2.1, 3.14.2.1, 3.15.2.1).
#[test]
fn shortest_forms_of_5() {
    for (packet, reason) in [(&b"\x40\x02\0\x01"[..], 0), (b"\x40\x03\0\x01\x10", 0x10)] {
        let Ok(Packet::PubAck(read)) = decode(Version::V5, packet) else {
            panic!("a PUBACK")
        };
        assert_eq!((read.reason, read.properties.is_empty()), (reason, true));
    }
    for (packet, reason) in [
        (&b"\xE0\0"[..], 0),
        (b"\xE0\x01\x04", 4),
        (b"\xE0\x02\x04\0", 4),
    ] {
        let Ok(Packet::Disconnect(read)) = decode(Version::V5, packet) else {
            panic!("it ends")
        };
        assert_eq!(read.reason, reason);
    }
    let Ok(Packet::Auth(read)) = decode(Version::V5, b"\xF0\0") else {
        panic!("an AUTH")
    };
    assert_eq!(read.reason, 0);
}
