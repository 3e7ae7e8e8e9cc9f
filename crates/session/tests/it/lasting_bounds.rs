// SPDX-License-Identifier: Apache-2.0
//! What a session that lasts may be owed, and how it leaves, a part at a time.

use hw_mqtt::*;
use hw_session::{Limits, Lost};

use crate::bench::*;
use crate::lasting::{ack, come, subscribe};

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
