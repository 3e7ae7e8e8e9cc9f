// SPDX-License-Identifier: Apache-2.0
//! Arbitrary bytes, and good packets with damage: no panic, nothing disturbed, memory bounded.

use hw_mqtt::*;
use hw_session::Limits;
use proptest::prelude::*;

use crate::bench::*;

fn packet() -> impl Strategy<Value = Vec<u8>> {
    let body = proptest::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        (any::<u8>(), body.clone())
            .prop_map(|(first, body)| { [vec![first, body.len() as u8], body].concat() }),
        (1u8..16, body).prop_map(|(kind, body)| {
            let flags = if matches!(kind, 6 | 8 | 10) { 2 } else { 0 };
            [vec![kind << 4 | flags, body.len() as u8], body].concat()
        }),
        ("[ab$+#/]{0,6}", 0u16..4, "[a-z]{0,4}", any::<u8>()).prop_map(
            |(topic, id, text, bits)| {
                let mut out = vec![0x30 | bits & 0xF, 0];
                out.extend_from_slice(&(topic.len() as u16).to_be_bytes());
                out.extend_from_slice(topic.as_bytes());
                out.extend_from_slice(&id.to_be_bytes());
                out.extend_from_slice(text.as_bytes());
                out[1] = (out.len() - 2) as u8;
                out
            }
        ),
        proptest::collection::vec(("[ab$+#/]{0,6}", any::<u8>()), 0..5).prop_map(|filters| {
            let mut out = vec![0x82, 0, 0, 1, 0];
            for (filter, options) in filters {
                out.extend_from_slice(&[0, filter.len() as u8]);
                out.extend_from_slice(filter.as_bytes());
                out.push(options & 0x2F);
            }
            out[1] = (out.len() - 2) as u8;
            out
        }),
        (1u16..6).prop_map(|id| [&[0x40, 2][..], &id.to_be_bytes()].concat()),
        proptest::collection::vec(any::<u8>(), 0..30),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn nothing_breaks(
        first in proptest::collection::vec(any::<u8>(), 0..60),
        five in any::<bool>(),
        packets in proptest::collection::vec(packet(), 0..40),
        reads in any::<bool>(),
    ) {
        let limits = Limits {
            packet_bytes_max: 500,
            inflight_messages_max: 3,
            out_buffer_bytes_max: 1_000,
            queued_bytes_max: 1_000,
            subscriptions_max: 4,
            ..Limits::default()
        };
        let mut bench = Bench::with(2, limits);
        let mut stranger = bench.open(V5, "stranger", first);
        let version = if five { V5 } else { V3 };
        let mut healthy = bench.connect(V5, "healthy");
        bench.subscribe(&mut healthy, "healthy", 1);
        let mut client = bench.connect(version, "a");
        let mut kept = Vec::new();
        for packet in packets {
            kept.extend_from_slice(&packet);
            let done = bench.input(&client, &kept);
            kept.drain(..done);
            prop_assert!(kept.len() < 500, "the rest stays below a packet");
            bench.input(&stranger, &packet);
            bench.pass();
            if client.closed {
                kept.clear();
                client = bench.connect(version, "a");
            }
            if reads {
                bench.receive(&mut client, usize::MAX);
            }
            bench.tick(100);
            for one in [&client, &healthy] {
                let output = bench.shards[one.shard].output(one.slot);
                prop_assert!(output.is_none_or(|output| output.unsent().len() < 1_000 + 600));
            }
        }
        bench.receive(&mut stranger, usize::MAX);
        packets_of(&mut bench, &mut client);
        bench.publish(&healthy, &message("healthy", 1, 1, "still here"));
        let got = packets_of(&mut bench, &mut healthy);
        prop_assert!(got.iter().any(|text| text.ends_with("still here")), "{:?}", got);
        let counters: Vec<_> = bench.shards.iter().map(|shard| shard.counters()).collect();
        let held: u64 = counters.iter().map(|counters| counters.subscriptions).sum();
        prop_assert_eq!(held as usize, bench.world.tree.len(), "the tree holds what the shards do");
    }
}

/// Reads until nothing more comes; every packet that the server sends can be read.
fn packets_of(bench: &mut Bench, client: &mut Client) -> Vec<String> {
    let texts = bench.read(client);
    assert!(client.unread.is_empty());
    texts
}

#[test]
fn one_giant_after_the_other_leaves_nothing_behind() {
    let mut bench = Bench::new();
    let mut client = bench.connect(V5, "a");
    bench.subscribe(&mut client, "x", 0);
    let text = "x".repeat(250 * 1024);
    for _ in 0..3 {
        bench.publish(&client, &message("x", 0, 0, &text));
        assert_eq!(bench.read(&mut client).len(), 1);
    }
    let too_much = "x".repeat(258 * 1024);
    let mut bytes = Vec::new();
    encode::publish(
        &mut bytes,
        V5,
        &message("x", 0, 0, &too_much),
        &Default::default(),
    )
    .unwrap();
    assert_eq!(
        bench.input(&client, &bytes[..10]),
        10,
        "it is refused by its header"
    );
    assert_eq!(bench.read(&mut client), ["DISCONNECT 95", "CLOSED"]);
}
