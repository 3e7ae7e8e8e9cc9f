// SPDX-License-Identifier: Apache-2.0
//! Mutual TLS from the handshake to the last byte, in both versions.

use std::io::Write;

use hw_mqtt::{Qos, Version};
use rustls::HandshakeKind;

use super::client::{Client, Got, connect_packet, publish_packet, subscribe_packet};
use super::fakes::ALLOW_ALL;
use super::house::House;
use super::pki::{Pair, Tls, client_config};

const BOTH: [Tls; 2] = [Tls::V12, Tls::V13];

#[test]
fn messages_small_and_large_pass_both_ways() {
    let house = House::sealed();
    let (device, id) = house.device(ALLOW_ALL);
    for tls in BOTH {
        let mut to = house.connect(&device, tls, Version::V311, "to");
        to.subscribe("a/#", Qos::AtLeastOnce);
        let mut from = house.connect(&device, tls, Version::V5, "from");
        for (number, bytes) in (1u16..).zip([0, 1, 200, 16_384, 100_000, 250_000, 3]) {
            let payload: Vec<u8> = (0..bytes).map(|n: u32| (n % 253) as u8).collect();
            from.publish("a/b", &payload, number);
            assert_eq!(to.next(), Got::Publish("a/b".into(), payload, 1, number));
            assert_eq!(from.next(), Got::PubAck(number, 0));
        }
        drop((to, from));
    }
    let left = house
        .events
        .wait_for_cause("disconnect", "closed", "without DISCONNECT");
    assert_eq!(left.principal, Some(id));
}

#[test]
fn packets_and_records_cut_anywhere() {
    let house = House::sealed();
    let (device, _) = house.device(ALLOW_ALL);
    let mut pace = house.connect(&device, Tls::V13, Version::V311, "pace");
    for tls in BOTH {
        let mut to = house.connect(&device, tls, Version::V311, "to");
        to.subscribe("cut", Qos::AtMostOnce);
        let mut from = house.connect(&device, tls, Version::V311, "from");
        // A record for each byte of a packet.
        for byte in publish_packet(Version::V311, "cut", b"0123456789", 1) {
            from.send(&[byte]);
        }
        assert_eq!(from.next(), Got::PubAck(1, 0));
        assert_eq!(to.message().1, b"0123456789");
        // Two packets in one record, and the record in pieces on the wire.
        let two = [
            publish_packet(Version::V311, "cut", b"one", 2),
            publish_packet(Version::V311, "cut", &[7; 40_000], 3),
        ];
        from.socket
            .conn
            .writer()
            .write_all(&two.concat())
            .expect("room");
        let mut wire = Vec::new();
        while from.socket.conn.wants_write() {
            from.socket
                .conn
                .write_tls(&mut wire)
                .expect("a buffer takes all");
        }
        for piece in wire.chunks(997) {
            from.socket.sock.write_all(piece).expect("the server reads");
            pace.ping();
        }
        assert_eq!(
            (from.next(), from.next()),
            (Got::PubAck(2, 0), Got::PubAck(3, 0))
        );
    }
}

#[test]
fn what_is_sent_with_the_connect_arrives() {
    let house = House::sealed();
    let (device, _) = house.device(ALLOW_ALL);
    for tls in BOTH {
        let mut client = Client::over(house.dial_sealed(Some(&device), tls), Version::V311);
        let early = [
            connect_packet(Version::V311, "early", 60),
            subscribe_packet(Version::V311, 5, "me", Qos::AtMostOnce),
            publish_packet(Version::V311, "me", &[1; 30_000], 6),
        ];
        client.send(&early.concat());
        assert_eq!(client.next(), Got::ConnAck(0));
        assert_eq!(client.next(), Got::SubAck(5, vec![0]));
        assert_eq!(client.message().1, [1; 30_000]);
        assert_eq!(client.next(), Got::PubAck(6, 0));
    }
}

#[test]
fn nothing_is_resumed_and_the_server_name_reaches_the_policy() {
    let house = House::sealed();
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*",
        "Resource":"*","Condition":{"StringEquals":{"iot:DomainName":"localhost"}}}}"#;
    let (device, _) = house.device(policy);
    for tls in BOTH {
        let config = client_config(&house.server, Some(&device), tls);
        for _ in 0..2 {
            let stream = house.dial_config(config.clone());
            let mut client = Client::over(stream, Version::V5);
            client.send(&connect_packet(Version::V5, "named", 60));
            assert_eq!(client.next(), Got::ConnAck(0));
            client.ping();
            let kind = client.socket.conn.handshake_kind();
            assert_eq!(kind, Some(HandshakeKind::Full));
            assert_eq!(client.socket.conn.tls13_tickets_received(), 0);
        }
    }
    let mut unnamed = client_config(&house.server, Some(&device), Tls::V13);
    std::sync::Arc::get_mut(&mut unnamed)
        .expect("not shared yet")
        .enable_sni = false;
    let mut client = Client::over(house.dial_config(unnamed), Version::V311);
    client.send(&connect_packet(Version::V311, "unnamed", 60));
    assert_eq!(client.next(), Got::ConnAck(5));
}

#[test]
fn a_change_cuts_a_sealed_connection_too() {
    let house = House::sealed();
    let (device, id) = house.device(ALLOW_ALL);
    let mut clients = BOTH.map(|tls| house.connect(&device, tls, Version::V5, &format!("{tls:?}")));
    house.admission.deactivate(&id);
    for client in &mut clients {
        assert_eq!(
            (client.next(), client.next()),
            (Got::Disconnect(0x87), Got::Closed)
        );
    }
}

#[test]
fn a_new_certificate_is_shown_to_who_comes_next_and_nobody_is_cut() {
    let mut house = House::sealed();
    let (device, _) = house.device(ALLOW_ALL);
    for tls in BOTH {
        let mut before = house.connect(&device, tls, Version::V311, "before");
        let next = Pair::new("localhost");
        next.replace(&house.shown);
        let mut old = house.dial_sealed(Some(&device), tls);
        old.write_all(&connect_packet(Version::V311, "old", 60))
            .expect_err("who trusts the old one alone does not trust the new one");
        house.server = next;
        let mut after = house.connect(&device, tls, Version::V311, "after");
        after.publish("a", b"1", 1);
        assert_eq!(after.next(), Got::PubAck(1, 0));
        before.publish("a", b"1", 1);
        assert_eq!(before.next(), Got::PubAck(1, 0));
    }
}
