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
fn exactly_once_into_a_session_that_lasts() {
    for version in EVERY {
        let mut bench = Bench::new();
        let mut from = bench.connect(version, "from");
        let (mut to, _) = come(&mut bench, version, "to");
        subscribe(&mut bench, &mut to, "a", 2);
        bench.publish(&from, &message("a", 2, 1, "x"));
        assert!(
            bench.read(&mut to).is_empty(),
            "not before it is written down"
        );
        bench.calm();
        assert_eq!(bench.read(&mut from), ["PUBREC 1 00"]);
        assert_eq!(bench.read(&mut to), ["a q2 #1 x"]);
        bench.lose(&mut to, Lost::ByPeer);
        let (mut to, _) = come(&mut bench, version, "to");
        assert_eq!(bench.read(&mut to), ["a q2 #1 x again"]);
        bench.send(&to, |out| encode::pubrec(out, version, 1, 0));
        assert!(
            bench.read(&mut to).is_empty(),
            "PUBREC is written down first"
        );
        bench.calm();
        assert_eq!(bench.read(&mut to), ["PUBREL 1 00"]);
        bench.send(&to, |out| encode::pubcomp(out, version, 1, 0));
        bench.tick(200);
        bench.calm();
        assert!(bench.shards[0].debts(7 << 32 | 1).is_empty());
    }
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

/// A message of QoS 2 whose packet is gone when the Log answers is read again; those behind it wait.
#[test]
fn what_is_read_again_before_it_goes_is_not_overtaken() {
    let mut bench = Bench::new();
    let from = bench.connect(V5, "from");
    let (mut to, _) = come(&mut bench, V5, "to");
    subscribe(&mut bench, &mut to, "a", 2);
    for id in 1..=3 {
        bench.publish(
            &from,
            &message("a", 2, id, ["x", "y", "z"][usize::from(id) - 1]),
        );
    }
    let answer = |bench: &mut Bench| {
        let upto = bench.world.ticket;
        bench.world.ticket += 1;
        bench.durable(upto, None);
    };
    let forget = |bench: &mut Bench| {
        let rule = |rules: &mut crate::world::Rules| rules.no_receive.push("other".into());
        bench.world.change("to", rule);
        bench.refresh();
    };
    answer(&mut bench);
    // Their packet ids are being written down.
    forget(&mut bench);
    answer(&mut bench);
    bench.read_log();
    // That of the first is again, and the others are being read.
    forget(&mut bench);
    bench.read_log();
    bench.calm();
    let got = bench.read(&mut to);
    assert_eq!(got, ["a q2 #1 x", "a q2 #2 y", "a q2 #3 z"]);
}

#[test]
fn a_pubrel_that_comes_again_waits_for_the_log_again() {
    let mut bench = Bench::new();
    let (mut from, _) = come(&mut bench, V5, "from");
    bench.publish(&from, &message("a", 2, 5, "x"));
    bench.calm();
    assert_eq!(bench.read(&mut from), ["PUBREC 5 00"]);
    bench.send(&from, |out| encode::pubrel(out, V5, 5, 0));
    bench.lose(&mut from, Lost::ByPeer);
    let expiry = props(&[Property::SessionExpiryInterval(3_600)]);
    let connect = Connect {
        properties: expiry.as_properties(),
        ..asking(V5, "from")
    };
    let mut from = bench.connect_as(&connect);
    bench.send(&from, |out| encode::pubrel(out, V5, 5, 0));
    assert!(bench.read(&mut from).is_empty(), "not before it is written");
    bench.calm();
    assert_eq!(
        bench.read(&mut from),
        ["CONNACK 00 present", "PUBCOMP 5 00"]
    );
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
fn a_queue_is_bounded() {
    let limits = Limits {
        session_messages_max: 3,
        ..Limits::default()
    };
    let mut bench = Bench::with(1, limits);
    let from = bench.connect(V5, "from");
    let (mut to, _) = come(&mut bench, V5, "to");
    subscribe(&mut bench, &mut to, "a", 1);
    bench.lose(&mut to, Lost::ByPeer);
    bench.world.news();
    for id in 1..=5 {
        bench.publish(&from, &message("a", 1, id, &id.to_string()));
    }
    bench.calm();
    let full = "to session dropped: the session is owed 3 messages already: newer ones are dropped \
                until its client has acknowledged some [a]";
    assert_eq!(bench.world.news(), [full], "once for the episode");
    let (mut to, _) = come(&mut bench, V5, "to");
    let got = ["a q1 #1 1", "a q1 #2 2", "a q1 #3 3"];
    assert_eq!(bench.read(&mut to), got);
    assert_eq!(bench.shards[0].counters().dropped_queue_full, 2);
}

/// Sessions that are owed much leave room for those that are owed little.
#[test]
fn all_queues_together_are_bounded() {
    let limits = Limits {
        all_sessions_messages_max: 20,
        ..Limits::default()
    };
    let mut bench = Bench::with(1, limits);
    let from = bench.connect(V5, "from");
    for name in ["a", "b"] {
        let (mut to, _) = come(&mut bench, V5, name);
        subscribe(&mut bench, &mut to, name, 1);
        bench.lose(&mut to, Lost::ByPeer);
    }
    bench.world.news();
    let mut id = 0;
    let mut publish = |bench: &mut Bench, topic: &str, count: usize| {
        for _ in 0..count {
            id += 1;
            bench.publish(&from, &message(topic, 1, id, "x"));
        }
        bench.calm();
        bench.tick(1_000);
    };
    publish(&mut bench, "a", 16);
    assert!(bench.world.news().is_empty());
    publish(&mut bench, "a", 2);
    let full = "a session dropped: the session is owed 10 messages already, its share of what all \
                sessions may be owed: newer ones are dropped until its client has acknowledged some [a]";
    assert_eq!(bench.world.news(), [full]);
    publish(&mut bench, "b", 9);
    assert!(bench.world.news().is_empty(), "it has room");
    assert_eq!(bench.shards[0].owed_messages(), 16 + 9);
    let (mut to, _) = come(&mut bench, V5, "a");
    let got = bench.read(&mut to).len();
    (1..=got).for_each(|id| ack(&mut bench, &to, id as u16));
    bench.calm();
    assert_eq!(got, 16);
    publish(&mut bench, "b", 1);
    publish(&mut bench, "b", 9);
    assert_eq!(
        bench.shards[0].owed_messages(),
        19,
        "and room for all again"
    );
}

#[test]
fn a_slow_reader_gets_all_of_it_in_order() {
    let limits = Limits {
        out_buffer_bytes_max: 200,
        inflight_messages_max: 4,
        ..Limits::default()
    };
    let mut bench = Bench::with(2, limits);
    let from = bench.connect(V3, "from");
    let (mut to, _) = come(&mut bench, V5, "to");
    subscribe(&mut bench, &mut to, "a", 1);
    let large = "x".repeat(3_000);
    for n in 0..100 {
        let payload = format!("{n:03} {large}");
        bench.publish(&from, &message("a", 1, n + 1, &payload));
        if n % 7 == 0 {
            bench.calm();
        }
    }
    let mut got = Vec::new();
    for _ in 0..200 {
        bench.calm();
        for text in bench.read(&mut to) {
            let id = text
                .split(['#', ' '])
                .find_map(|it| it.parse().ok())
                .unwrap();
            got.push(text.split(' ').nth(3).unwrap().to_owned());
            ack(&mut bench, &to, id);
        }
    }
    let wanted: Vec<_> = (0..100).map(|n| format!("{n:03}")).collect();
    assert_eq!(got, wanted);
    assert_eq!(bench.shards[to.shard].counters().slow_receivers, 0);
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

/// The client may have it already and keep its packet id until PUBREL: another message with that id
/// would be taken for the same.
#[test]
fn what_was_begun_and_may_not_go_again_is_released() {
    for denied in [false, true] {
        let mut bench = Bench::new();
        let from = bench.connect(V5, "from");
        let (mut to, _) = come(&mut bench, V5, "to");
        subscribe(&mut bench, &mut to, "a/+", 2);
        let expiry = props(&[Property::MessageExpiryInterval(if denied { 60 } else { 1 })]);
        let first = Publish {
            properties: expiry.as_properties(),
            ..message("a/1", 2, 1, "one")
        };
        bench.publish(&from, &first);
        bench.calm();
        assert_eq!(bench.read(&mut to), ["a/1 q2 #1 one"]);
        // Its PUBREC gets lost.
        bench.lose(&mut to, Lost::ByPeer);
        bench.millis += 2_500;
        if denied {
            bench
                .world
                .change("to", |rules| rules.no_receive.push("a/1".into()));
        }
        bench.publish(&from, &message("a/2", 2, 2, "two"));
        bench.calm();
        let (mut to, _) = come(&mut bench, V5, "to");
        bench.calm();
        assert_eq!(bench.read(&mut to), ["PUBREL 1 00", "a/2 q2 #2 two"]);
        bench.send(&to, |out| encode::pubcomp(out, V5, 1, 0));
        bench.send(&to, |out| encode::pubrec(out, V5, 2, 0));
        bench.calm();
        assert_eq!(bench.read(&mut to), ["PUBREL 2 00"]);
        bench.send(&to, |out| encode::pubcomp(out, V5, 2, 0));
        bench.tick(200);
        bench.calm();
        assert!(bench.shards[0].debts(7 << 32 | 1).is_empty());
    }
}

/// Packet ids count the messages that a session was owed, with those that it did not get.
#[test]
fn what_is_dropped_has_had_its_packet_id() {
    let mut bench = Bench::new();
    let from = bench.connect(V5, "from");
    let (mut to, _) = come(&mut bench, V5, "to");
    subscribe(&mut bench, &mut to, "a", 1);
    bench.lose(&mut to, Lost::ByPeer);
    for (n, seconds) in [(1, 1), (2, 1), (3, 60), (4, 1), (5, 60), (6, 1)] {
        let expiry = props(&[Property::MessageExpiryInterval(seconds)]);
        let text = n.to_string();
        bench.publish(
            &from,
            &Publish {
                properties: expiry.as_properties(),
                ..message("a", 1, n, &text)
            },
        );
    }
    bench.calm();
    bench.millis += 2_500;
    let (mut to, _) = come(&mut bench, V5, "to");
    assert_eq!(bench.read(&mut to), ["a q1 #3 3", "a q1 #5 5"]);
    bench.publish(&from, &message("a", 1, 7, "7"));
    assert_eq!(bench.read(&mut to), ["a q1 #7 7"]);
}
