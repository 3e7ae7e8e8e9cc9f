// SPDX-License-Identifier: Apache-2.0
//! PUBACK: not before the Log has it, in order of arrival, and what a failing Log does.

use hw_session::{KeepFailure, Limits};

use crate::bench::*;

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.world.keep.push("kept".into());
    bench
}

#[test]
fn in_order_and_not_before_it_is_durable() {
    for version in EVERY {
        let mut bench = bench();
        let mut client = bench.connect(version, "a");
        let mut other = bench.connect(version, "b");
        bench.publish(&client, &message("live", 1, 1, ""));
        let code = unheard(version);
        let puback = |id: u16| format!("PUBACK {id} {code}");
        assert_eq!(bench.read(&mut client), [puback(1)], "nothing to wait for");
        bench.world.ticket = 5;
        bench.publish(&client, &message("kept", 1, 2, ""));
        bench.publish(&client, &message("live", 1, 3, ""));
        bench.publish(&other, &message("live", 1, 8, ""));
        bench.world.ticket = 6;
        bench.publish(&client, &message("kept", 1, 4, ""));
        bench.publish(&client, &message("kept", 0, 0, ""));
        assert!(bench.read(&mut client).is_empty());
        assert_eq!(bench.read(&mut other), [puback(8)], "others do not wait");
        assert_eq!(bench.shards[0].counters().acknowledgements_waiting, 3);
        bench.durable(4, None);
        assert!(bench.read(&mut client).is_empty());
        bench.durable(5, None);
        assert_eq!(bench.read(&mut client), [puback(2), puback(3)]);
        bench.durable(6, None);
        assert_eq!(bench.read(&mut client), [puback(4)]);
        assert_eq!(bench.world.kept.len(), 3);
    }
}

#[test]
fn mqtt_5_is_told_that_nobody_subscribed() {
    for version in EVERY {
        let mut bench = bench();
        let mut from = bench.connect(version, "from");
        let mut to = bench.connect(version, "to");
        let tap = hw_session::Subscriber {
            shard: hw_session::Subscriber::TAP,
            lasting: Default::default(),
            slot: 1,
            generation: 0,
            qos: 0,
            flags: 0,
            subscription_id: 0,
            group: 0,
        };
        let account = hw_model::AccountId::FIRST;
        bench.world.tree.push((account, "#".into(), tap));
        bench.publish(&from, &message("kept", 1, 1, "a table and a tap hold it"));
        bench.publish(&from, &message("kept", 2, 2, "PUBREC does not tell"));
        bench.durable(0, None);
        let code = unheard(version);
        let answers = [format!("PUBACK 1 {code}"), "PUBREC 2 00".into()];
        assert_eq!(bench.read(&mut from), answers);
        bench.subscribe(&mut to, "heard", 0);
        bench
            .world
            .change("to", |rules| rules.no_receive.push("#".into()));
        bench.refresh();
        bench.publish(&from, &message("heard", 1, 3, "may not be received"));
        assert_eq!(bench.read(&mut from), ["PUBACK 3 00"], "{version}");
    }
}

#[test]
fn live_receivers_do_not_wait_for_the_disk() {
    let mut bench = bench();
    let mut client = bench.connect(V5, "a");
    bench.subscribe(&mut client, "kept", 0);
    bench.publish(&client, &message("kept", 1, 1, "m"));
    assert_eq!(bench.read(&mut client), ["kept q0 m"]);
}

#[test]
fn a_full_disk_is_told_in_5_and_closes_3_1_1() {
    let mut bench = bench();
    let (mut five, mut three) = (bench.connect(V5, "five"), bench.connect(V3, "three"));
    bench.world.news();
    for client in [&five, &three] {
        bench.publish(client, &message("kept", 1, 1, ""));
        bench.publish(client, &message("live", 1, 2, ""));
    }
    bench.durable(0, Some(KeepFailure::Full));
    assert_eq!(bench.read(&mut five), ["PUBACK 1 97", "PUBACK 2 10"]);
    assert_eq!(bench.read(&mut three), ["CLOSED"]);
    let news = bench.world.news();
    let cause = "publish refused: not stored: the disk is full";
    assert_eq!(news, [format!("five {cause}"), format!("three {cause}")]);
    bench.world.ticket = 1;
    bench.publish(&five, &message("kept", 1, 3, ""));
    bench.durable(1, None);
    assert_eq!(
        bench.read(&mut five),
        ["PUBACK 3 10"],
        "later ones are taken again"
    );
}

#[test]
fn qos_0_that_the_log_refuses_is_counted_and_told() {
    for failure in [KeepFailure::Full, KeepFailure::Failed] {
        let mut bench = bench();
        let (a, b) = (bench.connect(V5, "a"), bench.connect(V3, "b"));
        let mut gone = bench.connect(V5, "gone");
        bench.world.ticket = 1;
        bench.publish(&a, &message("kept", 0, 0, ""));
        bench.world.ticket = 2;
        for client in [&a, &a, &b, &gone] {
            bench.publish(client, &message("kept", 0, 0, ""));
            bench.publish(client, &message("live", 0, 0, ""));
        }
        bench.lose(&mut gone, hw_session::Lost::ByPeer);
        bench.world.news();
        bench.durable(1, None);
        assert!(bench.world.news().is_empty());
        bench.durable(2, Some(failure));
        let cause = failure.cause();
        let expected = [
            format!("a publish dropped: {cause} ×2"),
            format!("b publish dropped: {cause}"),
        ];
        assert_eq!(bench.world.news(), expected);
        let counters = bench.shards[0].counters();
        assert_eq!((counters.dropped_not_kept, counters.refused_keeps), (4, 0));
        bench.durable(3, Some(failure));
        assert!(bench.world.news().is_empty(), "told once");
    }
}

#[test]
fn a_failed_log_closes_both() {
    for (version, goodbye) in [(V3, None), (V5, Some("DISCONNECT 83"))] {
        let mut bench = bench();
        let mut client = bench.connect(version, "a");
        bench.publish(&client, &message("kept", 1, 1, ""));
        bench.publish(&client, &message("kept", 1, 2, ""));
        bench.durable(0, Some(KeepFailure::Failed));
        let expected: Vec<_> = goodbye.into_iter().chain(["CLOSED"]).collect();
        assert_eq!(bench.read(&mut client), expected);
        assert_eq!(bench.shards[0].counters().refused_keeps, 2);
    }
}

#[test]
fn who_is_gone_is_not_acknowledged_nor_is_who_has_the_place_now() {
    let mut bench = bench();
    let mut client = bench.connect(V5, "a");
    bench.publish(&client, &message("kept", 1, 1, ""));
    bench.lose(&mut client, hw_session::Lost::ByPeer);
    let mut next = bench.connect(V5, "b");
    assert_eq!(next.slot.index, client.slot.index);
    bench.durable(0, None);
    assert!(bench.read(&mut next).is_empty());
    assert_eq!(bench.shards[0].counters().acknowledgements_waiting, 0);
}

#[test]
fn more_than_the_receive_maximum_ends_mqtt_5() {
    for version in EVERY {
        let mut bench = Bench::with(
            1,
            Limits {
                inflight_messages_max: 2,
                ..Limits::default()
            },
        );
        bench.world.keep.push("kept".into());
        let mut client = bench.connect(version, "a");
        (1..=2).for_each(|id| bench.publish(&client, &message("kept", 1, id, "")));
        bench.publish(&client, &message("kept", 0, 0, ""));
        assert!(bench.read(&mut client).is_empty());
        bench.publish(&client, &message("kept", 1, 3, ""));
        match version {
            V5 => assert_eq!(bench.read(&mut client), ["DISCONNECT 93", "CLOSED"]),
            _ => {
                bench.durable(0, None);
                let expected = ["PUBACK 1 00", "PUBACK 2 00", "PUBACK 3 00"];
                assert_eq!(
                    bench.read(&mut client),
                    expected,
                    "3.1.1 knows no such maximum"
                );
            }
        }
    }
}
