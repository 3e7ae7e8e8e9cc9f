// SPDX-License-Identifier: Apache-2.0
//! Delivery: versions, QoS, options of MQTT 5, overlapping filters, packet sizes, shards.

use hw_mqtt::*;
use hw_session::Limits;

use crate::bench::*;

const Q0: SubscribeOptions = SubscribeOptions::at(Qos::AtMostOnce);
const Q1: SubscribeOptions = SubscribeOptions::at(Qos::AtLeastOnce);

#[test]
fn the_lower_qos_counts_in_every_pair_of_versions() {
    for (from, to) in [(V3, V3), (V3, V5), (V5, V3), (V5, V5)] {
        let mut bench = Bench::new();
        let mut high = bench.connect(to, "high");
        bench.subscribe(&mut high, "a/+", 1);
        let mut low = bench.connect(to, "low");
        bench.subscribe(&mut low, "a/#", 0);
        let mut client = bench.connect(from, "p");
        bench.publish(&client, &message("a/b", 0, 0, "zero"));
        bench.publish(&client, &message("a/b", 1, 77, "one"));
        assert_eq!(bench.read(&mut client), ["PUBACK 77 00"]);
        assert_eq!(bench.read(&mut high), ["a/b q0 zero", "a/b q1 #1 one"]);
        assert_eq!(bench.read(&mut low), ["a/b q0 zero", "a/b q0 one"]);
    }
}

#[test]
fn a_duplicate_is_not_told_as_one() {
    let mut bench = Bench::new();
    let mut client = bench.connect(V3, "a");
    bench.subscribe(&mut client, "x", 1);
    bench.publish(
        &client,
        &Publish {
            dup: true,
            ..message("x", 1, 3, "m")
        },
    );
    assert_eq!(bench.read(&mut client), ["PUBACK 3 00", "x q1 #1 m"]);
}

#[test]
fn overlapping_filters_give_one_copy() {
    for version in EVERY {
        let mut bench = Bench::new();
        let mut client = bench.connect(version, "a");
        let ids: &[u32] = if version == V5 { &[7, 300_000] } else { &[] };
        let id = |at: usize| ids.get(at).map(|id| Property::SubscriptionIdentifier(*id));
        bench.subscribe_with(&mut client, &[("x/+", Q0)], id(0).as_slice());
        bench.subscribe_with(&mut client, &[("x/#", Q1)], id(1).as_slice());
        bench.subscribe(&mut client, "x/y", 0);
        let mut other = bench.connect(version, "b");
        bench.subscribe(&mut other, "x/y", 0);
        bench.publish(&other, &message("x/y", 1, 1, "m"));
        let expected = match version {
            V5 => "x/y q1 #1 m ids[7, 300000]",
            _ => "x/y q1 #1 m",
        };
        assert_eq!(bench.read(&mut client), [expected]);
        assert_eq!(bench.read(&mut other), ["PUBACK 1 00", "x/y q0 m"]);
        bench.publish(&other, &message("x/z", 0, 0, "m"));
        let expected = expected.replace("x/y q1 #1", "x/z q0");
        assert_eq!(bench.read(&mut client), [expected]);
    }
}

#[test]
fn no_local_and_one_identifier() {
    let mut bench = Bench::new();
    let mut client = bench.connect(V5, "a");
    let own = SubscribeOptions {
        no_local: true,
        ..Q0
    };
    let id = [Property::SubscriptionIdentifier(5)];
    bench.subscribe_with(&mut client, &[("x", own)], &id);
    bench.publish(&client, &message("x", 0, 0, "mine"));
    let other = bench.connect(V5, "b");
    bench.publish(&other, &message("x", 0, 0, "yours"));
    assert_eq!(bench.read(&mut client), ["x q0 yours ids[5]"]);
    bench.subscribe_with(&mut client, &[("+", Q0)], &[]);
    bench.publish(&client, &message("x", 0, 0, "by the other filter"));
    assert_eq!(bench.read(&mut client), ["x q0 by the other filter"]);
}

#[test]
fn properties_go_with_the_message_to_those_who_know_them() {
    let list = props(&[
        Property::PayloadFormatIndicator(true),
        Property::ContentType("text/plain"),
        Property::UserProperty("k", "v"),
        Property::ResponseTopic("answer"),
        Property::CorrelationData(b"\0\xFF"),
        Property::MessageExpiryInterval(60),
        Property::UserProperty("k", "w"),
    ]);
    let mut bench = Bench::new();
    let (mut five, mut three) = (bench.connect(V5, "five"), bench.connect(V3, "three"));
    bench.subscribe(&mut five, "x", 0);
    bench.subscribe(&mut three, "x", 0);
    let publisher = bench.connect(V5, "p");
    let sent = Publish {
        properties: list.as_properties(),
        ..message("x", 0, 0, "m")
    };
    bench.publish(&publisher, &sent);
    bench.receive(&mut five, usize::MAX);
    let got = packet::publish::decode(V5, &five.unread).unwrap();
    assert_eq!(got.properties, list.as_properties());
    assert_eq!(bench.read(&mut three), ["x q0 m"]);
}

/// The first byte of a packet is not counted.
#[test]
fn how_large_a_message_may_be() {
    let mut bench = Bench::new();
    let small = props(&[Property::MaximumPacketSize(20)]);
    let connect = Connect {
        properties: small.as_properties(),
        ..hello(V5, "small")
    };
    let mut client = bench.connect_as(&connect);
    bench.read(&mut client);
    bench.subscribe(&mut client, "a", 0);
    let from = bench.connect(V5, "from");
    // Two bytes of header, three of the topic, one for the properties.
    for (payload_bytes, comes) in [(14, true), (15, true), (16, false)] {
        let text = "x".repeat(payload_bytes);
        for retain in [false, true] {
            let message = Publish {
                retain,
                ..message("a", 0, 0, &text)
            };
            bench.publish(&from, &message);
            let expected: &[String] = if comes {
                &[format!("a q0 {text}")]
            } else {
                &[]
            };
            assert_eq!(bench.read(&mut client), expected);
        }
        let q0 = SubscribeOptions::at(Qos::AtMostOnce);
        let answer = bench.subscribe_with(&mut client, &[("a", q0)], &[]);
        assert_eq!(answer.len(), 1 + usize::from(comes), "{answer:?}");
    }
}

#[test]
fn what_a_client_does_not_take_is_left_out_for_it_alone() {
    let mut bench = Bench::new();
    let small = props(&[Property::MaximumPacketSize(60)]);
    let connect = Connect {
        properties: small.as_properties(),
        ..hello(V5, "small")
    };
    let mut client = bench.connect_as(&connect);
    bench.read(&mut client);
    bench.subscribe(&mut client, "x", 1);
    let mut large = bench.connect(V5, "large");
    bench.subscribe(&mut large, "x", 1);
    bench.world.news();
    let text = "0123456789".repeat(6);
    bench.publish(&large, &message("x", 1, 1, &text));
    bench.publish(&large, &message("x", 1, 2, "short"));
    assert_eq!(
        bench.read(&mut client),
        ["x q1 #2 short"],
        "the one that was too large had its packet id"
    );
    let expected = ["PUBACK 1 00".into(), format!("x q1 #1 {text}")];
    assert_eq!(bench.read(&mut large)[..2], expected);
    let cause = "small deliver dropped: larger than the Maximum Packet Size of the receiver [x]";
    assert_eq!(bench.world.news(), [cause]);
    assert_eq!(bench.shards[0].counters().dropped_too_large, 1);
}

#[test]
fn over_shards_in_order_and_merged_too() {
    let mut bench = Bench::with(3, Limits::default());
    let mut clients: Vec<_> = (0..9)
        .map(|n| bench.connect(V5, &format!("c{n}")))
        .collect();
    let homes: std::collections::BTreeSet<_> = clients.iter().map(|client| client.shard).collect();
    assert_eq!(homes.len(), 3, "every shard has one");
    for client in &mut clients {
        bench.subscribe(client, "x/+", 1);
        bench.subscribe(client, "x/y", 0);
    }
    for n in 1..=20 {
        bench.publish(&clients[0], &message("x/y", 1, n, &n.to_string()));
    }
    for (at, client) in clients.iter_mut().enumerate() {
        let mut got = bench.read(client);
        got.retain(|text| !text.starts_with("PUBACK"));
        let expected: Vec<_> = (1..=20).map(|n| format!("x/y q1 #{n} {n}")).collect();
        assert_eq!(got, expected, "client {at}");
    }
    let forwarded: u64 = bench
        .shards
        .iter()
        .map(|shard| shard.counters().messages_forwarded)
        .sum();
    let remote = clients
        .iter()
        .filter(|client| client.shard != clients[0].shard)
        .count() as u64;
    assert_eq!(forwarded, remote * 2 * 20);
}

#[test]
fn a_receiver_that_left_meanwhile_gets_nothing_and_nor_does_who_came_instead() {
    let mut bench = Bench::with(2, Limits::default());
    let sender = bench.connect(V5, "c0");
    let name = (1..).map(|n| format!("c{n}"));
    let name = name
        .into_iter()
        .find(|name| bench.connect(V5, name).shard != sender.shard)
        .unwrap();
    let mut old = bench.connect(V5, &name);
    bench.subscribe(&mut old, "x", 0);
    let mut bytes = Vec::new();
    encode::publish(
        &mut bytes,
        V5,
        &message("x", 0, 0, "m"),
        &Default::default(),
    )
    .unwrap();
    bench.input(&sender, &bytes);
    bench.lose(&mut old, hw_session::Lost::ByPeer);
    let mut new = bench.connect(V5, &name);
    assert_eq!(new.slot.index, old.slot.index, "the place is used again");
    bench.subscribe(&mut new, "x", 0);
    bench.pass();
    assert!(bench.read(&mut new).is_empty());
    assert_eq!(bench.shards[new.shard].counters().dropped_receiver_gone, 1);
}
