// SPDX-License-Identifier: Apache-2.0
//! What holds only under the profile of AWS IoT: its limits and quirks, one by one.

use hw_mqtt::*;
use hw_session::Limits;

use crate::bench::*;

fn aws() -> Bench {
    Bench::with(1, Limits::aws())
}

fn at(qos: u8) -> SubscribeOptions {
    SubscribeOptions::at(Qos::from_bits(qos).unwrap())
}

#[test]
fn connack_says_what_there_is() {
    let mut bench = aws();
    let connect = Connect {
        keep_alive_seconds: 5,
        ..hello(V5, "m1")
    };
    let mut client = bench.connect_as(&connect);
    bench.receive(&mut client, usize::MAX);
    let Ok(Packet::ConnAck(connack)) = decode(V5, &client.unread) else {
        panic!("no CONNACK: {:?}", client.unread);
    };
    let it = connack.properties;
    assert_eq!(it.receive_maximum(), Some(100));
    assert_eq!(it.maximum_packet_size(), Some(149_504));
    assert_eq!(it.topic_alias_maximum(), Some(8));
    assert_eq!(it.server_keep_alive(), Some(30));
    let raw: Vec<_> = it.iter().collect();
    assert!(raw.contains(&Property::MaximumQos(Qos::AtLeastOnce)));
    assert!(raw.contains(&Property::SubscriptionIdentifierAvailable(false)));
}

#[test]
fn client_ids_are_short_and_do_not_begin_with_a_dollar() {
    let long = "x".repeat(129);
    for (id, fits) in [
        ("$a", false),
        (&long, false),
        (&long[1..], true),
        ("a$", true),
    ] {
        let mut bench = aws();
        let mut client = bench.connect_as(&hello(V5, id));
        let code = if fits { "CONNACK 00" } else { "CONNACK 85" };
        assert_eq!(bench.read(&mut client)[0], code, "{id}");
        let mut bench = Bench::new();
        let mut client = bench.connect_as(&hello(V5, id));
        assert_eq!(bench.read(&mut client)[0], "CONNACK 00", "{id}");
    }
}

#[test]
fn messages_are_small_plain_and_not_deep() {
    let (deep, long) = ("a/".repeat(8), "x".repeat(257));
    let big = "x".repeat(128 * 1024 + 1);
    for (topic, qos, payload, code) in [
        ("a", 2, "", 0x9b),
        (&*deep, 1, "", 0x90),
        (&*long, 1, "", 0x90),
        ("a", 1, &*big, 0x97),
    ] {
        let mut bench = aws();
        let mut client = bench.connect(V5, "m1");
        bench.publish(&client, &message(topic, qos, 1, payload));
        assert_eq!(
            bench.read(&mut client),
            [format!("DISCONNECT {code:02x}"), "CLOSED".into()],
            "{topic}"
        );
        let mut client = bench.connect(V3, "m2");
        bench.publish(&client, &message(topic, qos, 1, payload));
        assert_eq!(bench.read(&mut client), ["CLOSED"]);
    }
    let mut bench = aws();
    let mut client = bench.connect(V5, "m1");
    let rule = format!("$aws/rules/{}/{}", "r".repeat(100), "a/".repeat(7));
    bench.publish(&client, &message(&rule, 1, 1, &big[1..]));
    assert_eq!(
        bench.read(&mut client),
        ["PUBACK 1 00"],
        "its rule is not counted"
    );
}

#[test]
fn filters_are_few_short_and_granted_qos_1() {
    let mut bench = aws();
    let mut client = bench.connect(V5, "m1");
    let filters: Vec<_> = (0..9).map(|n| format!("a/{n}")).collect();
    let filters: Vec<_> = filters.iter().map(|it| (&**it, at(2))).collect();
    let codes = "SUBACK 9 01 01 01 01 01 01 01 01 97";
    assert_eq!(bench.subscribe_with(&mut client, &filters, &[]), [codes]);
    let deep = "+/".repeat(8);
    let (long, share) = ("x".repeat(257), format!("$share/{}/a", "s".repeat(129)));
    let shared = format!("$share/{}/{}", "s".repeat(128), "a/".repeat(7));
    bench
        .world
        .change("m1", |rules| rules.no_subscribe = vec!["no".into()]);
    let filters = [
        (&*deep, at(1)),
        (&*long, at(1)),
        (&*share, at(1)),
        (&*shared, at(1)),
        ("no", at(1)),
    ];
    let answer = bench.subscribe_with(&mut client, &filters, &[]);
    assert_eq!(answer, ["SUBACK 9 8f 8f 8f 01 87"]);
    for n in 0..6 {
        let more: Vec<_> = (0..8).map(|m| format!("b/{n}/{m}")).collect();
        let more: Vec<_> = more.iter().map(|it| (&**it, at(0))).collect();
        let answer = bench.subscribe_with(&mut client, &more, &[]);
        let full = answer[0].matches("97").count();
        assert_eq!(full, if n == 5 { 7 } else { 0 }, "{n}: {answer:?}");
    }
    let id = [Property::SubscriptionIdentifier(1)];
    let answer = bench.subscribe_with(&mut client, &[("a", at(1))], &id);
    assert_eq!(answer, ["DISCONNECT a1", "CLOSED"]);
}

#[test]
fn retained_messages_come_for_exact_filters_only() {
    let mut bench = aws();
    let publisher = bench.connect(V3, "p");
    let kept = Publish {
        retain: true,
        ..message("a/b", 0, 0, "r")
    };
    bench.publish(&publisher, &kept);
    let mut client = bench.connect(V3, "m1");
    for (filter, comes) in [("a/+", false), ("a/#", false), ("#", false), ("a/b", true)] {
        let got = bench.subscribe_with(&mut client, &[(filter, at(0))], &[]);
        assert_eq!(got.len() > 1, comes, "{filter}: {got:?}");
    }
}

#[test]
fn what_comes_too_fast_is_dropped() {
    for version in EVERY {
        let mut bench = aws();
        let mut all = bench.connect(V3, "all");
        bench.subscribe(&mut all, "a", 0);
        let mut client = bench.connect(version, "m1");
        bench.world.news();
        for n in 1..=102 {
            bench.publish(&client, &message("a", 1, n, ""));
        }
        assert_eq!(bench.read(&mut all).len(), 100);
        let answers = bench.read(&mut client);
        if version == V5 {
            assert_eq!(answers[100..], ["PUBACK 101 97", "PUBACK 102 97"]);
        } else {
            assert_eq!(answers.len(), 100, "and who is not answered sends again");
        }
        let cause = "m1 publish dropped: more than 100 messages a second: what exceeds it is \
                     dropped [a]";
        assert_eq!(bench.world.news(), [cause], "one event for the episode");
        assert_eq!(bench.shards[0].counters().dropped_too_fast, 2);
        bench.tick(10);
        bench.publish(&client, &message("a", 1, 103, ""));
        assert_eq!(bench.read(&mut all).len(), 1);
    }
}

#[test]
fn who_sends_too_many_bytes_rests() {
    let mut bench = aws();
    let client = bench.connect(V3, "m1");
    let now = bench.now();
    let text = "x".repeat(100 * 1024);
    for _ in 0..5 {
        assert_eq!(bench.shards[0].rests(now, client.slot), None);
        bench.publish(&client, &message("a", 0, 0, &text));
    }
    bench.publish(&client, &message("a", 0, 0, &text));
    let until = bench.shards[0].rests(now, client.slot).expect("a rest");
    let millis = (until - now.monotonic).as_millis();
    assert!((150..200).contains(&millis), "{millis}");
    bench.tick(200);
    let now = bench.now();
    assert_eq!(bench.shards[0].rests(now, client.slot), None);
}

#[test]
fn a_client_id_connects_once_a_second() {
    let mut bench = aws();
    bench.connect(V5, "m1");
    for (version, code) in [(V5, "CONNACK 97"), (V3, "CONNACK 03")] {
        let mut again = bench.connect_as(&hello(version, "m1"));
        assert_eq!(bench.read(&mut again), [code, "CLOSED"]);
    }
    bench.connect(V5, "m2");
    bench.tick(1_000);
    bench.connect(V5, "m1");
}

#[test]
fn expiries_are_bounded() {
    let mut bench = aws();
    let mut all = bench.connect(V5, "all");
    bench.subscribe(&mut all, "a", 0);
    let client = bench.connect(V5, "m1");
    for (asked, gets) in [(0, 1), (700_000, 604_800), (5, 5)] {
        let expiry = props(&[Property::MessageExpiryInterval(asked)]);
        let message = Publish {
            properties: expiry.as_properties(),
            ..message("a", 0, 0, "")
        };
        bench.publish(&client, &message);
        bench.receive(&mut all, usize::MAX);
        let Ok(Packet::Publish(got)) = decode(V5, &all.unread) else {
            panic!("no PUBLISH");
        };
        assert_eq!(got.properties.message_expiry_interval(), Some(gets));
        all.unread.clear();
    }
}

#[test]
fn versions_have_sessions_of_their_own() {
    for (mut bench, goes_on) in [(aws(), false), (Bench::new(), true)] {
        let lasting = Connect {
            clean_start: false,
            ..hello(V3, "m1")
        };
        let mut client = bench.connect_as(&lasting);
        bench.calm();
        assert_eq!(bench.read(&mut client), ["CONNACK 00"]);
        bench.tick(1_001);
        let expires = props(&[Property::SessionExpiryInterval(1_000)]);
        let newer = Connect {
            version: V5,
            properties: expires.as_properties(),
            ..lasting
        };
        let mut client = bench.connect_as(&newer);
        bench.calm();
        let present = bench.read(&mut client)[0].ends_with("present");
        assert_eq!(present, goes_on);
    }
}
