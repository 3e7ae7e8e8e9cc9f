// SPDX-License-Identifier: Apache-2.0
//! PUBLISH: what is refused and how, topic aliases, what the Log and taps get.

use hw_mqtt::*;
use hw_session::Subscriber;

use crate::bench::*;

/// A refused PUBLISH: DISCONNECT in MQTT 5, close in 3.1.1, an event in both.
fn refused(message: &Publish<'_>, code: &str, event: &str) {
    for version in EVERY {
        let mut bench = Bench::new();
        bench
            .world
            .change("a", |rules| rules.no_publish.push("denied/#".into()));
        let mut listener = bench.connect(version, "listener");
        bench.subscribe(&mut listener, "#", 1);
        let mut client = bench.connect(version, "a");
        bench.world.news();
        bench.world.keep.push("#".into());
        bench.publish(&client, message);
        let mut expected = vec!["CLOSED".to_owned()];
        if version == V5 {
            expected.insert(0, format!("DISCONNECT {code}"));
            match message.qos {
                // The message itself is answered for, if its packet is good.
                _ if code == "81" => {}
                Qos::AtMostOnce => {}
                Qos::AtLeastOnce => expected.insert(0, format!("PUBACK 5 {code}")),
                Qos::ExactlyOnce => expected.insert(0, format!("PUBREC 5 {code}")),
            }
        }
        assert_eq!(bench.read(&mut client), expected, "{event}");
        assert_eq!(bench.world.news(), [format!("a {event}")]);
        assert!(bench.read(&mut listener).is_empty() && bench.world.kept.is_empty());
        assert_eq!(bench.shards[0].counters().connections, 1);
    }
}

#[test]
fn each_refusal_has_its_code_and_its_cause() {
    let plain = message("a/b", 1, 5, "x");
    refused(
        &Publish {
            retain: true,
            topic: "$y/b",
            ..plain
        },
        "90",
        "publish refused: nothing is retained on a $ topic [$y/b]",
    );
    refused(
        &message("$share/g/a", 2, 5, "x"),
        "87",
        "publish refused: reserved topic: $share begins filters of shared subscriptions only [$share/g/a]",
    );
    refused(
        &Publish {
            topic: "denied/x",
            ..plain
        },
        "87",
        "publish refused: not in the policy [denied/x]",
    );
    refused(
        &Publish {
            topic: "$aws/things/x/shadow/get",
            ..plain
        },
        "87",
        "publish refused: reserved topic: nothing here serves it yet [$aws/things/x/shadow/get]",
    );
    refused(
        &Publish {
            topic: "$SYS/broker",
            ..plain
        },
        "87",
        "publish refused: reserved topic: nobody but the server publishes to $SYS [$SYS/broker]",
    );
    let deep = "/".repeat(201);
    refused(
        &Publish {
            topic: &deep,
            ..plain
        },
        "81",
        &format!("publish refused: a topic has at most 201 levels [{deep}]"),
    );
}

#[test]
fn a_topic_of_201_levels_is_taken() {
    for version in EVERY {
        let mut bench = Bench::new();
        let mut client = bench.connect(version, "a");
        let (deep, wild) = ("/".repeat(200), format!("+{}", "/+".repeat(200)));
        bench.subscribe(&mut client, &wild, 1);
        bench.subscribe(&mut client, &deep, 1);
        bench.publish(&client, &message(&deep, 0, 0, "x"));
        assert_eq!(bench.read(&mut client), [format!("{deep} q0 x")]);
    }
}

#[test]
fn bridges_say_how_they_are() {
    let mut bench = Bench::new();
    let mut client = bench.connect(V5, "a");
    bench.subscribe(&mut client, "$SYS/#", 0);
    let state = Publish {
        retain: true,
        ..message("$SYS/broker/connection/house/state", 1, 7, "1")
    };
    bench.publish(&client, &state);
    let got = ["PUBACK 7 00", "$SYS/broker/connection/house/state q0 1"];
    assert_eq!(bench.read(&mut client), got);
}

#[test]
fn a_refused_message_may_come_again() {
    for version in EVERY {
        let mut bench = Bench::new();
        let persistent = Connect {
            clean_start: false,
            properties: Properties::EMPTY,
            ..hello(V3, "a")
        };
        bench
            .world
            .change("a", |rules| rules.no_publish.push("x".into()));
        let mut client = bench.connect_as(&persistent);
        bench.calm();
        bench.publish(&client, &message("x", 2, 5, "m"));
        bench.calm();
        assert_eq!(bench.read(&mut client), ["CONNACK 00", "CLOSED"]);
        bench.world.change("a", |rules| rules.no_publish.clear());
        let mut heir = bench.connect(version, "heir");
        bench.subscribe(&mut heir, "x", 0);
        let client = bench.connect_as(&persistent);
        bench.publish_exactly(&client, &message("x", 2, 5, "m"));
        bench.calm();
        assert_eq!(bench.read(&mut heir), ["x q0 m"]);
    }
}

#[test]
fn aliases_stand_for_topics_and_stay_on_their_hop() {
    let mut bench = Bench::new();
    bench.world.keep.push("#".into());
    let mut client = bench.connect(V5, "a");
    bench.subscribe(&mut client, "#", 0);
    let content = b"\x03\0\x04text";
    let set = [&b"\x23\0\x01"[..], content].concat();
    bench.publish_raw(&client, "long/topic", &set, "one");
    bench.publish_raw(&client, "", b"\x23\0\x01", "two");
    bench.publish_raw(&client, "other", b"\x23\0\x01", "three");
    bench.publish_raw(&client, "", b"\x23\0\x01", "four");
    let expected = [
        "long/topic q0 one",
        "long/topic q0 two",
        "other q0 three",
        "other q0 four",
    ];
    assert_eq!(bench.read(&mut client), expected);
    let kept: Vec<_> = bench
        .world
        .kept
        .iter()
        .map(|kept| &kept.properties[..])
        .collect();
    assert_eq!(kept, [&content[..], b"", b"", b""]);
    for (bad, code) in [(b"\x23\0\x02", "82"), (b"\x23\0\x09", "94")] {
        let mut other = bench.connect(V5, "b");
        bench.publish_raw(&other, "", bad, "five");
        let end = [&format!("DISCONNECT {code}"), "CLOSED"];
        assert_eq!(bench.read(&mut other), end);
    }
    let mut other = bench.connect(V5, "b");
    bench.publish_raw(&other, "x", b"\x23\0\x09", "above the maximum");
    assert_eq!(bench.read(&mut other), ["DISCONNECT 94", "CLOSED"]);
    let mut other = bench.connect(V5, "b");
    bench.publish_raw(&other, "x", b"\x23\0\0", "zero");
    assert_eq!(bench.read(&mut other), ["DISCONNECT 94", "CLOSED"]);
}

#[test]
fn a_client_may_not_send_subscription_identifiers() {
    let mut bench = Bench::new();
    let mut client = bench.connect(V5, "a");
    bench.publish_raw(&client, "x", b"\x0B\x07", "one");
    assert_eq!(bench.read(&mut client), ["DISCONNECT 82", "CLOSED"]);
}

#[test]
fn the_log_gets_what_is_kept_with_ids_in_order() {
    for version in EVERY {
        let mut bench = Bench::new();
        bench.world.keep.push("kept/#".into());
        let mut client = bench.connect(version, "a");
        for (n, topic) in ["kept/1", "other", "kept/2"].into_iter().enumerate() {
            bench.publish(&client, &message(topic, (n % 2) as u8, (n % 2) as u16, "x"));
        }
        let kept: Vec<_> = bench
            .world
            .kept
            .iter()
            .map(|kept| {
                (
                    kept.topic.as_str(),
                    kept.trace.producer.epoch,
                    kept.trace.sequence,
                )
            })
            .collect();
        assert_eq!(kept, [("kept/1", 7, 1), ("kept/2", 7, 3)]);
        let code = unheard(version);
        assert_eq!(bench.read(&mut client), [format!("PUBACK 1 {code}")]);
        let counters = bench.shards[0].counters();
        assert_eq!((counters.messages_received, counters.messages_kept), (3, 2));
    }
}

#[test]
fn taps_hear_once_for_each_that_matches() {
    let mut bench = Bench::new();
    let tap = |slot| Subscriber {
        shard: Subscriber::TAP,
        lasting: Default::default(),
        slot,
        generation: 0,
        qos: 0,
        flags: 0,
        subscription_id: 0,
        group: 0,
    };
    let account = hw_model::AccountId::FIRST;
    bench.world.tree.push((account, "a/#".into(), tap(1)));
    bench.world.tree.push((account, "#".into(), tap(2)));
    let mut client = bench.connect(V5, "a");
    bench.subscribe(&mut client, "a/b", 0);
    bench.publish(&client, &message("a/b", 0, 0, "x"));
    bench.publish(&client, &message("b", 0, 0, "x"));
    assert_eq!(bench.world.tapped, ["1 a a/b", "2 a a/b", "2 a b"]);
    assert_eq!(bench.read(&mut client), ["a/b q0 x"]);
}
