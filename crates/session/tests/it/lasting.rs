// SPDX-License-Identifier: Apache-2.0
//! Sessions that outlive their connections: what they are owed reaches them, once they are back,
//! and after a crash.

use hw_mqtt::*;
use hw_session::{KeepFailure, Limits, Lost};

use crate::bench::*;

pub(crate) fn asking(version: Version, client_id: &str) -> Connect<'_> {
    Connect {
        clean_start: false,
        ..hello(version, client_id)
    }
}

/// Connects with a session that lasts; says whether it was there.
pub(crate) fn come(bench: &mut Bench, version: Version, client_id: &str) -> (Client, bool) {
    let expiry = props(&[Property::SessionExpiryInterval(3_600)]);
    let connect = match version {
        V5 => Connect {
            properties: expiry.as_properties(),
            ..asking(V5, client_id)
        },
        _ => asking(version, client_id),
    };
    let mut client = bench.connect_as(&connect);
    bench.calm();
    if version == Version::V31 {
        // Its CONNACK does not tell, and there is another subscription if it was there.
        let subscribed = bench.shards[client.shard].glance(client.slot).unwrap();
        let present = !subscribed.subscriptions.is_empty();
        let mut connack = vec![0; 4];
        bench.receive(&mut client, 4);
        connack.copy_from_slice(&client.unread[..4]);
        assert_eq!(connack, [0x20, 2, 0, 0]);
        bench.receive(&mut client, usize::MAX);
        client.unread.drain(..4);
        return (client, present);
    }
    let present = bench.shards[client.shard]
        .output(client.slot)
        .is_some_and(|it| it.unsent().get(2) == Some(&1));
    bench.receive(&mut client, usize::MAX);
    let whole = frame::peek(&client.unread, usize::MAX).unwrap().unwrap();
    client.unread.drain(..whole.total_len);
    (client, present)
}

pub(crate) fn subscribe(bench: &mut Bench, client: &mut Client, filter: &str, qos: u8) {
    let options = SubscribeOptions::at(Qos::from_bits(qos).unwrap());
    let early = bench.subscribe_with(client, &[(filter, options)], &[]);
    assert!(early.is_empty(), "it is written down first: {early:?}");
    bench.calm();
    assert_eq!(bench.read(client), [format!("SUBACK 9 {qos:02x}")]);
}

pub(crate) fn ack(bench: &mut Bench, client: &Client, id: u16) {
    let version = client.version;
    bench.send(client, |out| encode::puback(out, version, id, 0));
}

#[test]
fn who_comes_back_gets_what_came_meanwhile() {
    for version in EVERY {
        for shards in [1, 3] {
            let mut bench = Bench::with(shards, Limits::default());
            let mut from = bench.connect(version, "from");
            let (mut to, present) = come(&mut bench, version, "to");
            assert!(!present);
            subscribe(&mut bench, &mut to, "a/+", 1);
            bench.publish(&from, &message("a/b", 1, 1, "live"));
            assert_eq!(bench.read(&mut to), ["a/b q1 #1 live"], "without delay");
            assert!(bench.read(&mut from).is_empty(), "its publisher waits");
            bench.calm();
            assert_eq!(bench.read(&mut from), ["PUBACK 1 00"]);
            ack(&mut bench, &to, 1);
            bench.lose(&mut to, Lost::ByPeer);
            for (id, payload) in [(2, "one"), (3, "two")] {
                bench.publish(&from, &message("a/b", 1, id, payload));
            }
            bench.publish(&from, &message("a/b", 0, 0, "not kept"));
            bench.calm();
            let (mut to, present) = come(&mut bench, version, "to");
            assert!(present);
            assert_eq!(bench.read(&mut to), ["a/b q1 #2 one", "a/b q1 #3 two"]);
            bench.lose(&mut to, Lost::ByPeer);
            let (mut to, _) = come(&mut bench, version, "to");
            let again = ["a/b q1 #2 one again", "a/b q1 #3 two again"];
            assert_eq!(bench.read(&mut to), again, "with the ids that they had");
            ack(&mut bench, &to, 3);
            ack(&mut bench, &to, 2);
            bench.publish(&from, &message("a/b", 1, 4, "live"));
            assert_eq!(bench.read(&mut to), ["a/b q1 #4 live"]);
        }
    }
}

#[test]
fn a_clean_start_ends_it() {
    for version in EVERY {
        let mut bench = Bench::new();
        let from = bench.connect(version, "from");
        let (mut to, _) = come(&mut bench, version, "to");
        subscribe(&mut bench, &mut to, "a", 1);
        bench.lose(&mut to, Lost::ByPeer);
        bench.publish(&from, &message("a", 1, 1, "x"));
        bench.calm();
        let mut clean = bench.connect_as(&hello(version, "to"));
        bench.calm();
        assert_eq!(bench.read(&mut clean), ["CONNACK 00"]);
        assert_eq!(bench.world.tree.len(), 0);
        bench.lose(&mut clean, Lost::ByPeer);
        let (_, present) = come(&mut bench, version, "to");
        assert!(!present);
    }
}

#[test]
fn it_expires_and_a_disconnect_may_change_when() {
    let mut bench = Bench::new();
    let (mut to, _) = come(&mut bench, V5, "to");
    subscribe(&mut bench, &mut to, "a", 1);
    let sooner = props(&[Property::SessionExpiryInterval(5)]);
    let packet = Disconnect {
        reason: 0,
        properties: sooner.as_properties(),
    };
    bench.send(&to, |out| {
        encode::disconnect_with(out, V5, &packet).unwrap();
    });
    bench.read(&mut to);
    bench.tick(4_000);
    assert_eq!(bench.world.tree.len(), 1);
    bench.tick(2_000);
    assert_eq!(bench.world.tree.len(), 0);
    let counters = bench.shards[0].counters();
    assert_eq!((counters.sessions, counters.sessions_expired), (0, 1));
    let (_, present) = come(&mut bench, V5, "to");
    assert!(!present);
}

#[test]
fn nobody_else_inherits_it() {
    let mut bench = Bench::new();
    let (mut to, _) = come(&mut bench, V5, "to");
    subscribe(&mut bench, &mut to, "a", 1);
    bench.lose(&mut to, Lost::ByPeer);
    bench.owner = "somebody else".into();
    bench.world.news();
    let (_, present) = come(&mut bench, V5, "to");
    assert!(!present);
    assert_eq!(bench.world.tree.len(), 0);
    let news = bench.world.news();
    let told =
        "to session refused: the session of this client id is another principal's: it has ended";
    assert_eq!(news[1], told, "{news:?}");
}

#[test]
fn what_may_not_be_subscribed_any_more_is_not() {
    let mut bench = Bench::new();
    let from = bench.connect(V5, "from");
    let (mut to, _) = come(&mut bench, V5, "to");
    subscribe(&mut bench, &mut to, "a", 1);
    subscribe(&mut bench, &mut to, "b/#", 1);
    bench.lose(&mut to, Lost::ByPeer);
    for (id, topic) in [(1, "a"), (2, "b/x"), (3, "b/secret")] {
        bench.publish(&from, &message(topic, 1, id, topic));
    }
    bench.calm();
    bench.world.change("to", |rules| {
        rules.no_subscribe.push("a".into());
        rules.no_receive.extend(["b/secret".into(), "a".into()]);
    });
    bench.refresh();
    let (mut to, present) = come(&mut bench, V5, "to");
    assert!(present);
    assert_eq!(bench.read(&mut to), ["b/x q1 #1 b/x"]);
    assert_eq!(bench.world.tree.len(), 1);
    assert_eq!(bench.shards[0].counters().refused_receive, 2);
}

#[test]
fn a_takeover_hands_over_what_is_in_flight() {
    let limits = Limits {
        inflight_messages_max: 2,
        ..Limits::default()
    };
    let mut bench = Bench::with(1, limits);
    let from = bench.connect(V5, "from");
    let (mut old, _) = come(&mut bench, V5, "to");
    subscribe(&mut bench, &mut old, "a", 2);
    for id in 1..=5 {
        let qos = if id == 2 { 2 } else { 1 };
        bench.publish(&from, &message("a", qos, id, &id.to_string()));
        bench.calm();
    }
    assert_eq!(bench.read(&mut old), ["a q1 #1 1", "a q2 #2 2"]);
    bench.send(&old, |out| encode::pubrec(out, V5, 2, 0));
    bench.calm();
    assert_eq!(bench.read(&mut old), ["PUBREL 2 00"]);
    let (mut new, present) = come(&mut bench, V5, "to");
    assert!(present);
    assert_eq!(bench.read(&mut old), ["DISCONNECT 8e", "CLOSED"]);
    assert_eq!(bench.read(&mut new), ["a q1 #1 1 again", "PUBREL 2 00"]);
    bench.send(&new, |out| encode::pubcomp(out, V5, 2, 0));
    ack(&mut bench, &new, 1);
    bench.calm();
    assert_eq!(bench.read(&mut new), ["a q1 #3 3", "a q1 #4 4"]);
}

#[test]
fn overlapping_filters_owe_a_message_once_at_the_highest_qos() {
    for first in [1, 2] {
        let mut bench = Bench::new();
        let from = bench.connect(V5, "from");
        let (mut to, _) = come(&mut bench, V5, "to");
        subscribe(&mut bench, &mut to, "a/#", first);
        subscribe(&mut bench, &mut to, "a/+", 3 - first);
        bench.lose(&mut to, Lost::ByPeer);
        bench.publish(&from, &message("a/b", 2, 1, "x"));
        bench.calm();
        let (mut to, _) = come(&mut bench, V5, "to");
        assert_eq!(bench.read(&mut to), ["a/b q2 #1 x"]);
        bench.send(&to, |out| encode::pubrec(out, V5, 1, 0));
        bench.calm();
        assert_eq!(bench.read(&mut to), ["PUBREL 1 00"]);
    }
}

#[test]
fn a_change_of_policy_reaches_what_is_at_hand() {
    let limits = Limits {
        inflight_messages_max: 1,
        ..Limits::default()
    };
    let mut bench = Bench::with(1, limits);
    let from = bench.connect(V3, "from");
    let (mut to, _) = come(&mut bench, V5, "to");
    subscribe(&mut bench, &mut to, "a/+", 1);
    for (id, topic) in [(1, "a/1"), (2, "a/2"), (3, "a/3")] {
        bench.publish(&from, &message(topic, 1, id, topic));
    }
    bench.calm();
    assert_eq!(bench.read(&mut to), ["a/1 q1 #1 a/1"]);
    bench
        .world
        .change("to", |rules| rules.no_receive.push("a/2".into()));
    bench.refresh();
    ack(&mut bench, &to, 1);
    bench.calm();
    assert_eq!(bench.read(&mut to), ["a/3 q1 #2 a/3"]);
    assert_eq!(bench.shards[0].counters().refused_receive, 1);
}

#[test]
fn one_filter_many_times_in_a_packet_gets_what_is_retained_once() {
    let mut bench = Bench::new();
    let from = bench.connect(V5, "from");
    let retained = Publish {
        retain: true,
        ..message("a", 0, 0, "x")
    };
    bench.publish(&from, &retained);
    let mut to = bench.connect(V5, "to");
    let filters = [("#", SubscribeOptions::at(Qos::AtMostOnce)); 50];
    let answer = bench.subscribe_with(&mut to, &filters, &[]);
    assert_eq!(answer.len(), 2, "{answer:?}");
}

#[test]
fn a_session_that_can_not_be_written_down_is_refused_in_the_first_packet() {
    for version in EVERY {
        for failure in [KeepFailure::Full, KeepFailure::Failed] {
            let mut bench = Bench::new();
            let mut heir = bench.connect(version, "heir");
            bench.subscribe(&mut heir, "will", 0);
            let expiry = props(&[Property::SessionExpiryInterval(60)]);
            let connect = Connect {
                will: Some(will_gone()),
                properties: match version {
                    V5 => expiry.as_properties(),
                    _ => Properties::EMPTY,
                },
                ..asking(version, "to")
            };
            let mut client = bench.connect_as(&connect);
            bench.durable(bench.world.ticket, Some(failure));
            let code = if version == V5 {
                "CONNACK 88"
            } else {
                "CONNACK 03"
            };
            assert_eq!(bench.read(&mut client), [code, "CLOSED"]);
            bench.calm();
            assert!(bench.read(&mut heir).is_empty(), "it never was there");
            let (_, present) = come(&mut bench, version, "to");
            assert!(!present);
        }
    }
}

#[test]
fn a_refused_connect_leaves_the_session_that_was_there() {
    for packets in [&b""[..], b"\x82\x07\0\x05\0\0\x01c\0"] {
        let mut bench = Bench::new();
        let from = bench.connect(V5, "from");
        let (mut to, _) = come(&mut bench, V5, "to");
        subscribe(&mut bench, &mut to, "a", 1);
        bench.lose(&mut to, Lost::ByPeer);
        bench.publish(&from, &message("a", 1, 1, "owed"));
        bench.calm();
        // It would end the session with its connection, and does not get so far.
        let mut client = bench.connect_as(&asking(V5, "to"));
        if !packets.is_empty() {
            bench.input(&client, packets);
        }
        bench.durable(bench.world.ticket, Some(KeepFailure::Full));
        assert_eq!(bench.read(&mut client), ["CONNACK 88", "CLOSED"]);
        bench.calm();
        let (mut to, present) = come(&mut bench, V5, "to");
        assert!(present);
        assert_eq!(bench.read(&mut to), ["a q1 #1 owed"]);
    }
}

#[test]
fn a_will_waits_for_its_delay_and_not_if_the_client_is_back() {
    let scene = |delay: u32, expiry: u32| {
        let mut bench = Bench::new();
        let mut heir = bench.connect(V5, "heir");
        bench.subscribe(&mut heir, "will", 1);
        let properties = props(&[Property::WillDelayInterval(delay)]);
        let will = Will {
            topic: "will",
            payload: b"gone",
            qos: Qos::AtLeastOnce,
            retain: false,
            properties: properties.as_properties(),
        };
        let expires = props(&[Property::SessionExpiryInterval(expiry)]);
        let connect = Connect {
            will: Some(will),
            properties: expires.as_properties(),
            ..asking(V5, "a")
        };
        let mut client = bench.connect_as(&connect);
        bench.calm();
        bench.lose(&mut client, Lost::ByPeer);
        bench.calm();
        (bench, heir)
    };
    let heard = ["will q1 #1 gone"];
    let (mut bench, mut heir) = scene(10, 3_600);
    bench.tick(9_000);
    assert!(bench.read(&mut heir).is_empty());
    bench.tick(1_500);
    assert_eq!(bench.read(&mut heir), heard);

    let (mut bench, mut heir) = scene(10, 5);
    bench.tick(5_500);
    assert_eq!(
        bench.read(&mut heir),
        heard,
        "the session's end comes first"
    );

    let (mut bench, mut heir) = scene(10, 3_600);
    come(&mut bench, V5, "a");
    bench.tick(60_000);
    assert!(bench.read(&mut heir).is_empty(), "it is back");

    let (mut bench, mut heir) = scene(10, 3_600);
    bench.connect(V5, "a");
    bench.tick(60_000);
    assert!(bench.read(&mut heir).is_empty(), "it is back, and clean");

    let (mut bench, mut heir) = scene(10, 3_600);
    bench.owner = "somebody else".into();
    bench.connect(V5, "a");
    assert_eq!(bench.read(&mut heir), heard, "its session ended");
}
