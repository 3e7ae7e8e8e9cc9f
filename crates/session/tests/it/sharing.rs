// SPDX-License-Identifier: Apache-2.0
//! Shared subscriptions and topic aliases towards receivers.

use hw_mqtt::*;
use hw_session::Limits;

use crate::bench::*;

#[test]
fn one_member_of_each_group_gets_a_message() {
    for version in BOTH {
        let mut bench = Bench::with(3, Limits::default());
        let from = bench.connect(version, "from");
        let mut members: Vec<_> = ["m1", "m2", "m3", "m4"]
            .map(|name| bench.connect(version, name))
            .into();
        for (at, member) in members.iter_mut().enumerate() {
            let filter = if at < 3 {
                "$share/g/a/+"
            } else {
                "$share/h/a/+"
            };
            bench.subscribe(member, filter, 1);
        }
        let mut alone = bench.connect(version, "alone");
        bench.subscribe(&mut alone, "a/+", 0);
        for n in 0..90 {
            bench.publish(&from, &message("a/b", 0, 0, &n.to_string()));
        }
        let counts: Vec<_> = members.iter_mut().map(|it| bench.read(it).len()).collect();
        assert_eq!(counts[..3].iter().sum::<usize>(), 90, "{counts:?}");
        assert!(counts[..3].iter().all(|count| *count > 10), "{counts:?}");
        assert_eq!((counts[3], bench.read(&mut alone).len()), (90, 90));
    }
}

#[test]
fn its_own_and_a_shared_one_are_two_subscriptions() {
    let mut bench = Bench::new();
    let from = bench.connect(V5, "from");
    let mut both = bench.connect(V5, "both");
    bench.subscribe(&mut both, "$share/g/a", 0);
    bench.subscribe(&mut both, "a", 0);
    bench.send(&both, |out| {
        encode::unsubscribe(out, V5, 4, Properties::EMPTY, ["$share/g/a"]).unwrap();
    });
    assert_eq!(bench.read(&mut both), ["UNSUBACK 4 00"]);
    bench.publish(&from, &message("a", 0, 0, "x"));
    assert_eq!(bench.read(&mut both), ["a q0 x"]);
}

#[test]
fn no_local_and_shared_do_not_go_together() {
    let mut bench = Bench::new();
    let mut client = bench.connect(V5, "a");
    let options = SubscribeOptions {
        no_local: true,
        ..SubscribeOptions::at(Qos::AtMostOnce)
    };
    let answer = bench.subscribe_with(&mut client, &[("$share/g/a", options)], &[]);
    assert_eq!(answer, ["DISCONNECT 82", "CLOSED"]);
}

#[test]
fn a_receiver_that_takes_aliases_gets_them() {
    let mut bench = Bench::new();
    let properties = props(&[Property::TopicAliasMaximum(1)]);
    let connect = Connect {
        properties: properties.as_properties(),
        ..hello(V5, "to")
    };
    let mut to = bench.connect_as(&connect);
    bench.read(&mut to);
    bench.subscribe(&mut to, "#", 1);
    let from = bench.connect(V5, "from");
    for (qos, topic) in [
        (0, "a/long/topic"),
        (1, "a/long/topic"),
        (0, "another/one"),
        (0, "short"),
    ] {
        bench.publish(&from, &message(topic, qos, u16::from(qos), "x"));
    }
    let got = [
        "a/long/topic@1 q0 x",
        "@1 q1 #1 x",
        "another/one q0 x",
        "short q0 x",
    ];
    assert_eq!(bench.read(&mut to), got);
}
