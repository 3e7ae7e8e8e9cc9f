// SPDX-License-Identifier: Apache-2.0
//! The flight recorder: what a shard remembers of messages, and for how long.

use hw_model::trace::Producer;
use hw_model::{AccountId, TraceId};
use hw_session::{Fate, Limits, Ticket};

use crate::bench::*;

fn trace(shard: u16, sequence: u64) -> TraceId {
    TraceId {
        producer: Producer { epoch: 7, shard },
        sequence,
    }
}

#[test]
fn a_message_is_remembered_with_its_receivers() {
    let mut bench = Bench::new();
    bench.world.keep = vec!["#".into()];
    bench.world.ticket = 4;
    let mut yes = bench.connect(V3, "yes");
    bench.subscribe(&mut yes, "a/#", 1);
    bench
        .world
        .change("no", |rules| rules.no_receive = vec!["a/b".into()]);
    let mut no = bench.connect(V5, "no");
    bench.subscribe(&mut no, "a/b", 0);
    let client = bench.connect(V3, "p");
    bench.publish(&client, &message("a/b", 1, 1, "m"));
    let shard = &bench.shards[0];
    let flight = shard.flight(trace(0, 1)).expect("remembered");
    assert_eq!(
        (flight.account, flight.publisher),
        (Some(AccountId::FIRST), Some(client.slot))
    );
    assert_eq!(flight.time, bench.now().wall.0);
    assert_eq!(flight.ticket, Some(Ticket(4)));
    assert_eq!(flight.fates, [1, 0, 0, 1, 0]);
    let mut receivers = flight.receivers;
    receivers.sort_by_key(|(slot, _)| slot.index);
    assert_eq!(
        receivers,
        [(yes.slot, Fate::Sent), (no.slot, Fate::Refused)]
    );
    assert_eq!(shard.glance(yes.slot).expect("there").client_id, "yes");
    assert_eq!(
        shard.glance(yes.slot).expect("there").subscriptions,
        [("a/#", 1)]
    );
    assert_eq!(shard.find(AccountId::FIRST, "no"), Some(no.slot));
    assert_eq!(shard.find(AccountId::MAX, "no"), None);
    assert_eq!(shard.flight(trace(0, 2)), None);
    let other_run = TraceId {
        producer: Producer { epoch: 6, shard: 0 },
        sequence: 1,
    };
    assert_eq!(shard.flight(other_run), None);
}

#[test]
fn the_oldest_is_forgotten_first() {
    let mut bench = Bench::new();
    let client = bench.connect(V3, "p");
    for n in 0..9 {
        bench.publish(&client, &message("a", 0, 0, &n.to_string()));
    }
    let known = |n| bench.shards[0].flight(trace(0, n)).is_some();
    assert!(!known(1) && (2..=9).all(known) && !known(10));
}

#[test]
fn many_receivers_are_counted_and_the_first_are_named() {
    let mut bench = Bench::new();
    for n in 0..7 {
        let mut client = bench.connect(V3, &format!("r{n}"));
        bench.subscribe(&mut client, "a", 0);
    }
    let client = bench.connect(V3, "p");
    bench.publish(&client, &message("a", 0, 0, "m"));
    let flight = bench.shards[0].flight(trace(0, 1)).expect("remembered");
    assert_eq!((flight.fates[0], flight.receivers.len()), (7, 5));
    assert!(flight.ticket.is_none(), "nothing is kept");
}

#[test]
fn a_delivery_on_another_shard_is_remembered_there() {
    let mut bench = Bench::with(2, Limits::default());
    let names: Vec<String> = (0..20).map(|n| format!("c{n}")).collect();
    let mut clients: Vec<_> = names.iter().map(|name| bench.connect(V3, name)).collect();
    let at = clients
        .iter()
        .position(|c| c.shard != clients[0].shard)
        .expect("on the other");
    let mut receiver = clients.swap_remove(at);
    bench.subscribe(&mut receiver, "a", 0);
    let from = clients[0].shard as u16;
    bench.publish(&clients[0], &message("a", 0, 0, "m"));
    let here = bench.shards[clients[0].shard]
        .flight(trace(from, 1))
        .expect("remembered");
    assert_eq!((here.forwarded, here.fates), (1, [0; 5]));
    let there = bench.shards[receiver.shard]
        .flight(trace(from, 1))
        .expect("remembered");
    assert_eq!((there.publisher, there.account), (None, None));
    assert_eq!(there.receivers, [(receiver.slot, Fate::Sent)]);
}

#[test]
fn a_full_buffer_and_a_queue_are_told_apart() {
    let limits = Limits {
        out_buffer_bytes_max: 16,
        ..Limits::default()
    };
    let mut bench = Bench::with(1, limits);
    let mut slow = bench.connect(V3, "slow");
    bench.subscribe(&mut slow, "a", 1);
    let client = bench.connect(V3, "p");
    bench.publish(&client, &message("a", 0, 0, "0123456789abcdef"));
    bench.publish(&client, &message("a", 0, 0, "m"));
    bench.publish(&client, &message("a", 1, 1, "m"));
    let fates = |n| {
        bench.shards[0]
            .flight(trace(0, n))
            .expect("remembered")
            .fates
    };
    assert_eq!(fates(1), [1, 0, 0, 0, 0]);
    assert_eq!(fates(2), [0, 0, 1, 0, 0]);
    assert_eq!(fates(3), [0, 1, 0, 0, 0]);
    assert!(
        bench.shards[0]
            .glance(slow.slot)
            .expect("there")
            .queued_bytes
            > 0
    );
}
