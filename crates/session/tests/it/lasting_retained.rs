// SPDX-License-Identifier: Apache-2.0
//! What is retained, and a session that outlives its connection: owed like all else, in parts if
//! there is much of it.

use hw_mqtt::*;
use hw_session::{Limits, Lost};

use crate::bench::*;
use crate::lasting::{ack, asking, come};

/// Publishes retained messages, as many as there are payloads.
fn retain(bench: &mut Bench, payloads: &[String]) {
    let from = bench.connect(V5, "from");
    for (n, payload) in payloads.iter().enumerate() {
        let topic = format!("a/{n:03}");
        let retained = Publish {
            retain: true,
            ..message(&topic, 1, 1, payload)
        };
        bench.publish(&from, &retained);
    }
}

/// Connects with a session that lasts and one more limit of the client's own.
fn come_with(bench: &mut Bench, limit: Property<'_>) -> Client {
    let limits = props(&[Property::SessionExpiryInterval(60), limit]);
    let connect = Connect {
        properties: limits.as_properties(),
        ..asking(V5, "to")
    };
    let mut client = bench.connect_as(&connect);
    bench.calm();
    bench.read(&mut client);
    client
}

/// Subscribes, and takes in nothing of what then comes.
fn subscribe_to_all(bench: &mut Bench, client: &Client) {
    bench.send(client, |out| {
        let filters = [("a/+", SubscribeOptions::at(Qos::AtLeastOnce))];
        encode::subscribe(out, V5, 1, Properties::EMPTY, filters).unwrap();
    });
}

#[test]
fn retained_messages_are_owed_too() {
    let mut bench = Bench::new();
    let from = bench.connect(V5, "from");
    for topic in ["a/1", "a/2"] {
        let retained = Publish {
            retain: true,
            ..message(topic, 1, 1, topic)
        };
        bench.publish(&from, &retained);
    }
    let mut to = come_with(&mut bench, Property::ReceiveMaximum(1));
    subscribe_to_all(&mut bench, &to);
    bench.calm();
    assert_eq!(
        bench.read(&mut to),
        ["SUBACK 1 01", "a/1 q1 #1 a/1 retained"]
    );
    bench.lose(&mut to, Lost::ByPeer);
    bench.calm();
    let (mut to, _) = come(&mut bench, V5, "to");
    let got = ["a/1 q1 #1 a/1 retained again", "a/2 q1 #2 a/2 retained"];
    assert_eq!(bench.read(&mut to), got);
}

#[test]
fn what_is_retained_and_finds_no_room_when_its_client_goes_is_told() {
    let limits = Limits {
        session_messages_max: 100,
        ..Limits::default()
    };
    let mut bench = Bench::with(1, limits);
    let payloads: Vec<_> = (0..300).map(|n| format!("p{n:03}")).collect();
    retain(&mut bench, &payloads);
    let (mut to, _) = come(&mut bench, V5, "to");
    subscribe_to_all(&mut bench, &to);
    bench.calm();
    bench.world.news();
    bench.lose(&mut to, Lost::ByPeer);
    let dropped = bench.shards[0].counters().dropped_queue_full;
    assert_eq!(dropped, 200);
    let news = bench.world.news().join("\n");
    assert!(
        news.contains("deliver dropped") && news.contains("×200"),
        "{news}"
    );
    bench.calm();
    let (mut to, _) = come(&mut bench, V5, "to");
    let mut got = 0;
    for _ in 0..20 {
        bench.calm();
        for text in bench.read(&mut to) {
            let id = text.split(['#', ' ']).find_map(|it| it.parse().ok());
            ack(&mut bench, &to, id.unwrap());
            got += 1;
        }
    }
    assert_eq!(got, 100);
}

#[test]
fn many_retained_messages_are_owed_in_parts() {
    let limits = Limits {
        session_messages_max: 100,
        inflight_messages_max: 10,
        ..Limits::default()
    };
    let mut bench = Bench::with(1, limits);
    let wanted: Vec<_> = (0..300).map(|n| format!("p{n:03}")).collect();
    retain(&mut bench, &wanted);
    let (mut to, _) = come(&mut bench, V5, "to");
    let before = bench.world.log.len();
    subscribe_to_all(&mut bench, &to);
    let written = bench.world.log.len() - before;
    assert!(written < 70, "{written} records at once");
    let mut got = Vec::new();
    for _ in 0..60 {
        bench.calm();
        for text in bench.read(&mut to) {
            let words: Vec<_> = text.split(' ').collect();
            if let [_, "q1", id, payload, ..] = words[..] {
                got.push(payload.to_owned());
                ack(&mut bench, &to, id[1..].parse().unwrap());
            }
        }
    }
    assert_eq!(got, wanted, "all of them, however long it takes");
    assert_eq!(bench.shards[0].counters().dropped_queue_full, 0);
}

#[test]
fn a_retained_message_that_is_too_large_does_not_come() {
    let mut bench = Bench::new();
    retain(&mut bench, &["x".repeat(500), "small".to_owned()]);
    let mut to = come_with(&mut bench, Property::MaximumPacketSize(100));
    subscribe_to_all(&mut bench, &to);
    bench.calm();
    let got = ["SUBACK 1 01", "a/001 q1 #1 small retained"];
    assert_eq!(bench.read(&mut to), got);
    assert_eq!(bench.shards[0].counters().dropped_too_large, 1);
}
