// SPDX-License-Identifier: Apache-2.0
//! Sessions, and what they owe and are owed, after a crash.

use hw_mqtt::*;
use hw_session::{Limits, Lost, Settings, Shard};

use crate::bench::*;
use crate::lasting::{ack, come, subscribe};

/// Another run of the server on what the log has.
fn crash(bench: &mut Bench, limits: &Limits) {
    let (sessions, _) = bench.world.log.after_a_crash();
    bench.world.log.forget_undurable();
    bench.world.tree.clear();
    bench.world.fetches.clear();
    let now = bench.now();
    let mut shard = Shard::new(Settings {
        shard: 0,
        shards: 1,
        epoch: 8,
        flights_max: 8,
        waiting_bytes_max: 64 << 20,
        limits: limits.clone(),
    });
    for (image, debts) in sessions {
        shard.restore(&mut bench.world, now, image, &debts);
    }
    bench.shards = vec![shard];
}

#[test]
fn it_survives_a_crash() {
    let limits = Limits::default();
    let mut bench = Bench::new();
    let from = bench.connect(V5, "from");
    let (mut to, _) = come(&mut bench, V5, "to");
    subscribe(&mut bench, &mut to, "a/#", 2);
    bench.publish(&from, &message("a/1", 1, 1, "acknowledged"));
    bench.publish(&from, &message("a/2", 2, 2, "received"));
    bench.publish(&from, &message("a/3", 2, 3, "sent"));
    bench.calm();
    let got = [
        "a/1 q1 #1 acknowledged",
        "a/2 q2 #2 received",
        "a/3 q2 #3 sent",
    ];
    assert_eq!(bench.read(&mut to), got);
    ack(&mut bench, &to, 1);
    bench.send(&to, |out| encode::pubrec(out, V5, 2, 0));
    bench.tick(200);
    bench.calm();
    bench.publish(&from, &message("a/4", 1, 4, "not on disk"));

    crash(&mut bench, &limits);
    let from = bench.connect(V5, "from");
    bench.publish(&from, &message("a/5", 1, 5, "meanwhile"));
    bench.calm();
    let (mut to, present) = come(&mut bench, V5, "to");
    assert!(present);
    let got = ["PUBREL 2 00", "a/3 q2 #3 sent again", "a/5 q1 #4 meanwhile"];
    assert_eq!(bench.read(&mut to), got);
}

#[test]
fn a_publisher_of_qos_2_is_known_after_a_crash() {
    let limits = Limits::default();
    let mut bench = Bench::new();
    let (mut to, _) = come(&mut bench, V5, "to");
    subscribe(&mut bench, &mut to, "a", 2);
    bench.lose(&mut to, Lost::ByPeer);
    let (mut from, _) = come(&mut bench, V5, "from");
    bench.publish(&from, &message("a", 2, 1, "x"));
    bench.publish(&from, &message("a", 2, 2, "y"));
    bench.calm();
    assert_eq!(bench.read(&mut from), ["PUBREC 1 00", "PUBREC 2 00"]);
    bench.send(&from, |out| encode::pubrel(out, V5, 2, 0));
    bench.calm();
    assert_eq!(bench.read(&mut from), ["PUBCOMP 2 00"]);

    crash(&mut bench, &limits);
    let (mut from, _) = come(&mut bench, V5, "from");
    let again = Publish {
        dup: true,
        ..message("a", 2, 1, "x")
    };
    bench.publish(&from, &again);
    assert_eq!(
        bench.read(&mut from),
        ["PUBREC 1 00"],
        "it is there already"
    );
    bench.publish(&from, &message("a", 2, 2, "another"));
    bench.calm();
    assert_eq!(bench.read(&mut from), ["PUBREC 2 00"]);
    let (mut to, _) = come(&mut bench, V5, "to");
    assert_eq!(
        bench.read(&mut to),
        ["a q2 #1 x", "a q2 #2 y", "a q2 #3 another"]
    );
}

#[test]
fn a_delay_without_a_session_survives_a_crash() {
    let limits = Limits {
        will_grace: std::time::Duration::from_secs(5),
        ..Limits::default()
    };
    let mut bench = Bench::new();
    let delay = props(&[Property::WillDelayInterval(20)]);
    let will = Will {
        properties: delay.as_properties(),
        ..will_gone()
    };
    let connect = Connect {
        will: Some(will),
        ..hello(V5, "a")
    };
    let mut client = bench.connect_as(&connect);
    bench.calm();
    bench.lose(&mut client, Lost::ByPeer);
    bench.calm();
    crash(&mut bench, &limits);
    let mut heir = bench.connect(V5, "heir");
    bench.subscribe(&mut heir, "will", 0);
    bench.tick(4_000);
    assert!(bench.read(&mut heir).is_empty());
    bench.tick(20_000);
    assert_eq!(bench.read(&mut heir), ["will q0 gone"]);
    assert_eq!(bench.shards[0].counters().sessions, 0);
}

#[test]
fn a_will_survives_a_crash_and_waits_for_its_client() {
    let limits = Limits {
        will_grace: std::time::Duration::from_secs(30),
        ..Limits::default()
    };
    for comes_back in [false, true] {
        let mut bench = Bench::new();
        let connect = Connect {
            will: Some(will_gone()),
            ..hello(V5, "a")
        };
        bench.connect_as(&connect);
        bench.calm();
        crash(&mut bench, &limits);
        let mut heir = bench.connect(V5, "heir");
        bench.subscribe(&mut heir, "will", 0);
        bench.tick(29_000);
        assert!(bench.read(&mut heir).is_empty());
        if comes_back {
            bench.connect(V5, "a");
        }
        bench.tick(2_000);
        let heard = bench.read(&mut heir);
        assert_eq!(heard.len(), usize::from(!comes_back), "{heard:?}");
        bench.tick(1_000);
        assert_eq!(bench.shards[0].counters().sessions, 0);
    }
}
