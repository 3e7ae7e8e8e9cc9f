// SPDX-License-Identifier: Apache-2.0
//! Shared subscriptions and topic aliases towards receivers.

use hw_mqtt::*;
use hw_session::Limits;

use crate::bench::*;

#[test]
fn one_member_of_each_group_gets_a_message() {
    for version in EVERY {
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
        let other = bench.connect(version, "from too");
        for n in 0..9 {
            // In turn, on whichever shards they and their publishers are.
            let publisher = if n % 4 == 0 { &from } else { &other };
            bench.publish(publisher, &message("a/b", 0, 0, &n.to_string()));
        }
        for (at, member) in members[..3].iter_mut().enumerate() {
            let turns: Vec<_> = [0, 3, 6].map(|n| format!("a/b q0 {}", at + n)).into();
            assert_eq!(bench.read(member), turns);
        }
        assert_eq!(bench.read(&mut members[3]).len(), 9);
        assert_eq!(bench.read(&mut alone).len(), 9);
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
fn a_number_is_not_given_to_what_is_written_down_first() {
    let mut bench = Bench::new();
    let properties = props(&[
        Property::TopicAliasMaximum(1),
        Property::SessionExpiryInterval(60),
    ]);
    let connect = Connect {
        properties: properties.as_properties(),
        ..hello(V5, "to")
    };
    let mut to = bench.connect_as(&connect);
    bench.calm();
    bench.read(&mut to);
    bench.send(&to, |out| {
        let filters = [("#", SubscribeOptions::at(Qos::ExactlyOnce))];
        encode::subscribe(out, V5, 1, Properties::EMPTY, filters).unwrap();
    });
    bench.calm();
    bench.read(&mut to);
    let from = bench.connect(V5, "from");
    bench.publish(&from, &message("a/topic", 2, 1, "slow"));
    bench.publish(&from, &message("a/topic", 0, 0, "first"));
    bench.publish(&from, &message("a/topic", 0, 0, "second"));
    let got = bench.read(&mut to);
    assert_eq!(got, ["a/topic@1 q0 first", "@1 q0 second"]);
    bench.calm();
    assert_eq!(bench.read(&mut to), ["a/topic q2 #1 slow"]);
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
        (0, "abc"),
    ] {
        bench.publish(&from, &message(topic, qos, u16::from(qos), "x"));
    }
    let got = [
        "a/long/topic@1 q0 x",
        "@1 q1 #1 x",
        "another/one q0 x",
        "abc q0 x",
    ];
    assert_eq!(bench.read(&mut to), got);
}
