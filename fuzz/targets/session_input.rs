// SPDX-License-Identifier: Apache-2.0
//! Whatever a client sends: the machine does not panic, what waits for the client is bounded, a
//! neighbour on the same shard is served, and how the bytes are cut makes no difference.
#![no_main]

use hw_fuzz::Pick;
use hw_fuzz::one_shard::{Client, OneShard, hello};
use hw_mqtt::{
    Connect, Packet, Properties, Property, PropertyBuf, Publish, Qos, SubscribeOptions, Version,
    encode,
};
use hw_session::{KeepFailure, Limits, Lost};
use libfuzzer_sys::fuzz_target;

const STEPS_MAX: usize = 200;

fuzz_target!(|data: &[u8]| {
    let mut pick = Pick::new(data);
    match pick.flag() {
        true => cut_anywhere(&mut pick),
        false => life(&mut pick),
    }
});

fn version(pick: &mut Pick<'_>) -> Version {
    pick.of(&[Version::V5, Version::V311, Version::V31])
}

/// The same bytes at once and in pieces.
fn cut_anywhere(pick: &mut Pick<'_>) {
    let (version, piece_bytes) = (version(pick), 1 + pick.below(40));
    let bytes = pick.rest();
    let run = |piece_bytes: usize| {
        let limits = Limits {
            packet_bytes_max: 2_000,
            ..Limits::default()
        };
        let mut bench = OneShard::new(limits);
        let mut client = bench.connect(0, &hello(version, "a"));
        bytes
            .chunks(piece_bytes)
            .for_each(|piece| bench.send(&mut client, piece));
        let mut packets = Vec::new();
        bench.receive(&mut client, usize::MAX, &mut |packet| {
            packets.push(format!("{packet:?}"))
        });
        (packets, client.closed, bench.host.events, bench.host.kept)
    };
    assert_eq!(run(bytes.len().max(1)), run(piece_bytes));
}

/// One client that does anything, one that publishes for it, and a neighbour in another account.
fn life(pick: &mut Pick<'_>) {
    let limits = Limits {
        packet_bytes_max: 500,
        inflight_messages_max: 3,
        out_buffer_bytes_max: 1_000,
        queued_bytes_max: 1_000,
        subscriptions_max: 4,
        session_messages_max: 5,
        session_expiry_seconds_max: 600,
        ..Limits::default()
    };
    let mut bench = OneShard::new(limits);
    let mut neighbour = bench.connect(1, &hello(Version::V5, "n"));
    subscribe(&mut bench, &mut neighbour, "n");
    let mut partner = bench.connect(0, &hello(Version::V5, "p"));
    let mut client = open(&mut bench, pick);
    for _ in 0..STEPS_MAX {
        if pick.is_empty() {
            break;
        }
        step(&mut bench, pick, &mut client, &mut partner);
        for one in [&mut client, &mut partner] {
            if one.closed {
                *one = open(&mut bench, pick);
            }
        }
    }
    neighbour_is_served(&mut bench, &mut neighbour);
    empties(bench, [client, partner, neighbour]);
}

/// A first packet: a good one with any limits of the client, or anything.
fn open(bench: &mut OneShard, pick: &mut Pick<'_>) -> Client {
    if pick.one_in(4) {
        return bench.open(0, pick.bytes(100).to_vec());
    }
    let version = version(pick);
    let mut properties = PropertyBuf::new();
    if version == Version::V5 {
        let numbers = [
            Property::ReceiveMaximum(1 + u16::from(pick.byte())),
            Property::MaximumPacketSize(1 + u32::from(pick.byte())),
            Property::TopicAliasMaximum(3),
            Property::SessionExpiryInterval(u32::from(pick.byte())),
            Property::RequestProblemInformation(pick.flag()),
        ];
        let chosen = pick.byte();
        for (bit, property) in numbers.into_iter().enumerate() {
            if chosen & (1 << bit) != 0 {
                properties.push(property).expect("in range");
            }
        }
    }
    let connect = Connect {
        keep_alive_seconds: u16::from(pick.byte()) % 4,
        clean_start: !pick.one_in(8),
        properties: properties.as_properties(),
        ..hello(version, pick.of(&["a", "p", "b", "c"]))
    };
    bench.connect(0, &connect)
}

fn step(bench: &mut OneShard, pick: &mut Pick<'_>, client: &mut Client, partner: &mut Client) {
    match pick.below(10) {
        0..=3 => bench.send(client, pick.bytes(255)),
        4 => publish(bench, pick, partner),
        5 => publish(bench, pick, client),
        6 => bench.receive(client, usize::from(pick.byte()) * 8, &mut |_| ()),
        7 => bench.receive(partner, usize::MAX, &mut |_| ()),
        8 => {
            bench.millis += u64::from(pick.word()) / 8;
            let now = bench.now();
            bench.shard.tick(&mut bench.host, now);
        }
        _ => rare_step(bench, pick, client),
    }
}

fn rare_step(bench: &mut OneShard, pick: &mut Pick<'_>, client: &mut Client) {
    let now = bench.now();
    match pick.below(4) {
        0 => bench.lose(client, Lost::ByPeer),
        1 => {
            bench.host.changed = pick.flag();
            bench.shard.refresh(&mut bench.host, now);
        }
        _ => {
            let failure = pick.of(&[
                None,
                None,
                Some(KeepFailure::Full),
                Some(KeepFailure::Failed),
            ]);
            bench.log_answers(failure);
        }
    }
}

fn publish(bench: &mut OneShard, pick: &mut Pick<'_>, client: &mut Client) {
    let qos = pick.of(&[Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce]);
    let message = Publish {
        dup: false,
        qos,
        retain: pick.one_in(4),
        topic: pick.of(&["a", "a/b", "k/x", "b"]),
        packet_id: 1 + u16::from(pick.byte()),
        properties: Properties::EMPTY,
        payload: &[b'x'; 300][..usize::from(pick.byte())],
    };
    // Without properties it is nearly the same in both versions, and may be broken in one.
    let mut out = Vec::new();
    encode::publish(&mut out, version(pick), &message, &Default::default()).expect("valid");
    bench.send(client, &out);
}

fn subscribe(bench: &mut OneShard, client: &mut Client, filter: &str) {
    let mut out = Vec::new();
    let wishes = [(filter, SubscribeOptions::at(Qos::AtLeastOnce))];
    encode::subscribe(&mut out, Version::V5, 1, Properties::EMPTY, wishes).expect("valid");
    bench.send(client, &out);
}

/// A message that is kept is acknowledged when it is durable and not before, another one at once;
/// what comes to the neighbour is its own.
fn neighbour_is_served(bench: &mut OneShard, neighbour: &mut Client) {
    let mut acknowledged: Vec<u16> = Vec::new();
    let mut messages = Vec::new();
    let mut receive = |bench: &mut OneShard, neighbour: &mut Client| {
        bench.receive(neighbour, usize::MAX, &mut |packet| match packet {
            Packet::Publish(it) => messages.push(it.payload.to_vec()),
            Packet::PubAck(it) => acknowledged.push(it.packet_id),
            _ => {}
        });
        acknowledged.clone()
    };
    send(bench, neighbour, "k/n", 8);
    assert!(receive(bench, neighbour).is_empty());
    bench.log_answers(None);
    assert_eq!(receive(bench, neighbour), [8]);
    send(bench, neighbour, "n", 9);
    assert_eq!(receive(bench, neighbour), [8, 9]);
    assert!(!neighbour.closed);
    assert_eq!(messages, [b"to n"]);
}

fn send(bench: &mut OneShard, client: &mut Client, topic: &str, packet_id: u16) {
    let payload = format!("to {topic}").into_bytes();
    let message = Publish {
        dup: false,
        qos: Qos::AtLeastOnce,
        retain: false,
        topic,
        packet_id,
        properties: Properties::EMPTY,
        payload: &payload,
    };
    let mut out = Vec::new();
    encode::publish(&mut out, Version::V5, &message, &Default::default()).expect("valid");
    bench.send(client, &out);
}

/// When all are gone nothing is left of them.
fn empties(mut bench: OneShard, clients: [Client; 3]) {
    for mut client in clients {
        bench.receive(&mut client, usize::MAX, &mut |_| ());
        bench.lose(&mut client, Lost::ByPeer);
    }
    // Sessions that last are at their end by then.
    for _ in 0..3 {
        bench.log_answers(None);
        bench.millis += 1_000_000;
        let now = bench.now();
        bench.shard.tick(&mut bench.host, now);
    }
    bench.log_answers(None);
    let counters = bench.shard.counters();
    let left = [
        counters.connections,
        counters.subscriptions,
        counters.acknowledgements_waiting,
        counters.sessions,
    ];
    assert_eq!(left, [0; 4]);
    assert!(bench.host.trees.iter().all(|tree| tree.is_empty()));
}
