// SPDX-License-Identifier: Apache-2.0
//! CONNECT: what is offered, and each way to be refused.

use hw_model::AccountId;
use hw_mqtt::*;
use hw_session::Limits;

use crate::bench::*;

fn refused(bench: &mut Bench, connect: &Connect<'_>, codes: [&str; 2], cause: &str) {
    let before = bench.shards[0].counters().refused_connects;
    let mut client = bench.connect_as(connect);
    let code = codes[usize::from(connect.version == V5)];
    assert_eq!(
        bench.read(&mut client),
        [format!("CONNACK {code}"), "CLOSED".into()],
        "{cause}"
    );
    let news = bench.world.news();
    assert!(
        news.len() == 1 && news[0].contains("connect refused: "),
        "{news:?}"
    );
    assert!(news[0].contains(cause), "{news:?}");
    let counters = bench.shards[0].counters();
    assert_eq!(
        (counters.refused_connects, counters.connections),
        (before + 1, 0)
    );
}

#[test]
fn what_is_refused_says_why() {
    let will = Will {
        topic: "gone",
        payload: b"",
        qos: Qos::AtMostOnce,
        retain: false,
        properties: Properties::EMPTY,
    };
    for version in EVERY {
        let limits = Limits {
            client_id_bytes_max: 20,
            ..Limits::default()
        };
        let mut bench = Bench::with(1, limits);
        let simple = hello(version, "a");
        let with_will = Connect {
            will: Some(will),
            ..simple
        };
        let long = hello(version, "123456789012345678901");
        refused(
            &mut bench,
            &long,
            ["02", "85"],
            "a client id has 1 to 20 bytes",
        );
        bench
            .world
            .change("a", |rules| rules.no_publish.push("gone".into()));
        refused(&mut bench, &with_will, ["05", "87"], "not in the policy");
        bench.world.change("a", |rules| rules.no_connect = true);
        refused(&mut bench, &simple, ["05", "87"], "not in the policy");
        let now = bench.now();
        bench.shards[0].shutdown(&mut bench.world, now);
        refused(
            &mut bench,
            &hello(version, "b"),
            ["03", "88"],
            "the server shuts down",
        );
    }
    let mut bench = Bench::new();
    let method = props(&[Property::AuthenticationMethod("SCRAM")]);
    let connect = Connect {
        properties: method.as_properties(),
        ..hello(V5, "a")
    };
    refused(&mut bench, &connect, ["", "8c"], "enhanced authentication");
    let keeps = Connect {
        clean_start: false,
        ..hello(V3, "")
    };
    refused(
        &mut bench,
        &keeps,
        ["02", ""],
        "an empty client id needs Clean Session 1",
    );
}

#[test]
fn what_is_no_connect_is_closed() {
    let mut bench = Bench::new();
    for (bytes, answer, cause) in [
        (&b"\xC0\0"[..], None, "PINGREQ"),
        (
            b"\x10\x0D\0\x04MQTT\x04\x02\0\x3C\0\x01",
            None,
            "ends inside",
        ),
        (b"\x10\x80\x80\x80\x80\x01", None, "more than four bytes"),
        (b"\x10\xFF\xFF\x7F", None, "at most"),
        (b"GET / HTTP/1.1\r\n", None, "PUBACK"),
        (b"", None, "ends inside"),
        (
            b"\x10\x0D\0\x04MQTT\x07\x02\0\x3C\0\x01m",
            Some("CONNACK 84"),
            "protocol level",
        ),
        (
            b"\x10\x0F\0\x06MQIsdp\x04\x02\0\x3C\0\x01m",
            Some("CONNACK 01"),
            "protocol level",
        ),
        (
            b"\x10\x0D\0\x04MQTX\x04\x02\0\x3C\0\x01m",
            None,
            "protocol name",
        ),
    ] {
        let version = if answer == Some("CONNACK 01") { V3 } else { V5 };
        let mut client = bench.open(version, "x", bytes.to_vec());
        let expected: Vec<_> = answer.into_iter().chain(["CLOSED"]).collect();
        assert_eq!(bench.read(&mut client), expected, "{cause}");
        let news = bench.world.news();
        assert!(
            news.len() == 1 && news[0].starts_with("x connect refused: "),
            "{news:?}"
        );
        assert!(news[0].contains(cause), "{news:?} {cause}");
    }
}

#[test]
fn the_offer_of_mqtt_5() {
    let limits = Limits {
        keep_alive_seconds_max: 1_200,
        ..Limits::default()
    };
    let mut bench = Bench::with(1, limits);
    let asked = props(&[Property::SessionExpiryInterval(60)]);
    let connect = Connect {
        properties: asked.as_properties(),
        ..hello(V5, "")
    };
    let mut client = bench.connect_as(&connect);
    bench.calm();
    bench.receive(&mut client, usize::MAX);
    let connack = packet::connack::decode(V5, &client.unread).unwrap();
    let offer = connack.properties;
    assert_eq!((connack.code, connack.session_present), (0, false));
    assert_eq!(offer.session_expiry_interval(), None, "as it was asked");
    assert_eq!(offer.receive_maximum(), Some(1_000));
    let all = [
        offer.retain_available(),
        offer.wildcard_subscription_available(),
    ];
    assert_eq!(
        (offer.maximum_qos(), all),
        (None, [None, None]),
        "all there is"
    );
    assert_eq!(offer.maximum_packet_size(), Some(257 * 1024));
    assert_eq!(offer.assigned_client_identifier(), Some("assigned"));
    assert_eq!(offer.topic_alias_maximum(), Some(8));
    assert_eq!(offer.server_keep_alive(), Some(1_200));
    assert_eq!(bench.world.news(), ["assigned connect ok: accepted"]);

    let modest = Connect {
        keep_alive_seconds: 60,
        ..hello(V5, "b")
    };
    let mut client = bench.connect_as(&modest);
    bench.receive(&mut client, usize::MAX);
    let offer = packet::connack::decode(V5, &client.unread)
        .unwrap()
        .properties;
    assert_eq!(offer.assigned_client_identifier(), None);
    assert_eq!(
        (offer.server_keep_alive(), offer.session_expiry_interval()),
        (None, None)
    );
}

#[test]
fn a_client_that_takes_no_connack_is_closed() {
    let mut bench = Bench::new();
    let tiny = props(&[Property::MaximumPacketSize(7)]);
    let connect = Connect {
        properties: tiny.as_properties(),
        ..hello(V5, "a")
    };
    let mut client = bench.connect_as(&connect);
    assert_eq!(bench.read(&mut client), ["CLOSED"]);
    assert!(
        bench
            .world
            .news()
            .pop()
            .unwrap()
            .contains("no room for a CONNACK")
    );
    assert_eq!(bench.shards[0].counters().connections, 0);
}

#[test]
fn a_client_of_small_packets_is_spared_what_it_can_do_without() {
    let mut bench = Bench::new();
    let limits = Limits::default();
    for (bytes_max, aliases, packet_bytes) in [
        (16, Some(limits.topic_aliases_max), true),
        (15, None, true),
        (12, None, false),
    ] {
        let small = props(&[Property::MaximumPacketSize(bytes_max)]);
        let connect = Connect {
            properties: small.as_properties(),
            ..hello(V5, "a")
        };
        let mut client = bench.connect_as(&connect);
        bench.receive(&mut client, usize::MAX);
        let connack = packet::connack::decode(V5, &client.unread).unwrap();
        let offer = connack.properties;
        assert_eq!(offer.topic_alias_maximum(), aliases, "{bytes_max}");
        assert_eq!(offer.maximum_packet_size().is_some(), packet_bytes);
        assert_eq!(offer.receive_maximum(), Some(limits.inflight_messages_max));
    }
}

#[test]
fn a_client_id_may_be_as_long_as_a_text_of_mqtt() {
    for version in EVERY {
        let mut bench = Bench::new();
        let long = "id/#+ ".repeat(65_535 / 6);
        bench.connect(version, &long);
        let limits = Limits {
            client_id_bytes_max: 23,
            ..Limits::default()
        };
        let mut bench = Bench::with(1, limits);
        let mut client = bench.connect_as(&hello(version, &long));
        let code = if version == V5 { "85" } else { "02" };
        assert_eq!(
            bench.read(&mut client),
            [&format!("CONNACK {code}"), "CLOSED"]
        );
    }
}

#[test]
fn mqtt_3_1_wants_a_client_id() {
    let mut bench = Bench::new();
    let mut client = bench.connect_as(&hello(Version::V31, ""));
    assert_eq!(bench.read(&mut client), ["CONNACK 02", "CLOSED"]);
    bench.connect(V3, "");
}

#[test]
fn only_who_can_be_told_is_given_another_keep_alive() {
    let limits = Limits {
        keep_alive_seconds_max: 60,
        ..Limits::default()
    };
    let mut bench = Bench::with(1, limits);
    for version in EVERY {
        for (asked, in_force) in [(0, 60), (50, 50), (61, 60)] {
            let connect = Connect {
                keep_alive_seconds: asked,
                ..hello(version, "a")
            };
            let mut client = bench.connect_as(&connect);
            let glance = bench.shards[0].glance(client.slot).unwrap();
            let in_force = if version == V5 { in_force } else { asked };
            assert_eq!(glance.keep_alive_seconds, in_force);
            bench.receive(&mut client, usize::MAX);
            let connack = packet::connack::decode(version, &client.unread).unwrap();
            let told = connack.properties.server_keep_alive();
            assert_eq!(told, (in_force != asked).then_some(in_force));
        }
    }
}

#[test]
fn the_newest_of_a_client_id_stays() {
    for (old, new) in [(V3, V5), (V5, V3)] {
        let mut bench = Bench::new();
        let mut first = bench.connect(old, "same");
        bench.subscribe(&mut first, "a", 0);
        bench.world.news();
        let mut second = bench.connect(new, "same");
        let goodbye: &[&str] = if old == V5 {
            &["DISCONNECT 8e", "CLOSED"]
        } else {
            &["CLOSED"]
        };
        assert_eq!(bench.read(&mut first), goodbye);
        assert!(
            bench.world.tree.is_empty(),
            "nothing of the old one is left"
        );
        let news = bench.world.news();
        assert!(
            news[0].contains("disconnect closed: taken over"),
            "{news:?}"
        );
        let counters = bench.shards[0].counters();
        assert_eq!(
            (
                counters.connections,
                counters.taken_over,
                counters.subscriptions
            ),
            (1, 1, 0)
        );
        bench.send(&second, encode::pingreq);
        assert_eq!(bench.read(&mut second), ["PINGRESP"]);
    }
}

#[test]
fn a_refused_one_takes_nothing_over_and_accounts_do_not_meet() {
    let mut bench = Bench::new();
    let mut first = bench.connect(V5, "same");
    bench.world.change("same", |rules| rules.no_connect = true);
    let mut second = bench.connect_as(&hello(V5, "same"));
    assert_eq!(bench.read(&mut second), ["CONNACK 87", "CLOSED"]);
    bench.world.change("same", |rules| rules.no_connect = false);
    let mut packet = Vec::new();
    encode::connect(&mut packet, &hello(V5, "same")).unwrap();
    let mut other = bench.open_in(AccountId::MAX, V5, "same", packet);
    assert_eq!(bench.read(&mut other), ["CONNACK 00"]);
    bench.subscribe(&mut other, "#", 0);
    bench.subscribe(&mut first, "#", 0);
    bench.publish(&first, &message("a", 0, 0, "mine"));
    assert_eq!(bench.read(&mut first), ["a q0 mine"]);
    assert!(bench.read(&mut other).is_empty());
}
