// SPDX-License-Identifier: Apache-2.0
//! What the server says about its clients' lives: `$aws/events/…`.

use hw_mqtt::*;
use hw_session::{Limits, Lost};

use crate::bench::*;

const EVENTS: &str = "$aws/events/#";

/// Somebody who hears everything.
fn listener(bench: &mut Bench) -> Client {
    bench.owner = "listener".into();
    let mut client = bench.connect(V5, "listener");
    let filter = (EVENTS, SubscribeOptions::at(Qos::AtLeastOnce));
    let told = "$aws/events/subscriptions/subscribed/listener q0 listener $aws/events/#";
    let got = bench.subscribe_with(&mut client, &[filter], &[]);
    assert_eq!(got, ["SUBACK 9 01", told]);
    bench.owner = "somebody".into();
    client
}

#[test]
fn a_life_is_told_from_its_beginning_to_its_end() {
    for version in EVERY {
        let mut bench = Bench::new();
        let mut heard = listener(&mut bench);
        let mut client = bench.connect(version, "m1");
        bench.subscribe(&mut client, "a/#", 1);
        bench.send(&client, |out| {
            let filters = ["a/#", "not/there"];
            encode::unsubscribe(out, version, 3, Properties::EMPTY, filters).unwrap();
        });
        bench.send(&client, |out| encode::disconnect(out, version, 0));
        assert_eq!(
            bench.read(&mut heard),
            [
                "$aws/events/presence/connected/m1 q0 somebody 0",
                "$aws/events/subscriptions/subscribed/m1 q0 somebody a/#",
                "$aws/events/subscriptions/unsubscribed/m1 q0 somebody a/#",
                "$aws/events/presence/disconnected/m1 q0 somebody 0 CLIENT_INITIATED_DISCONNECT",
            ]
        );
    }
}

/// How a client goes, and what is said of it.
type Way = (fn(&mut Bench, &mut Client), &'static str);

#[test]
fn every_way_to_go_has_its_reason() {
    let ways: [Way; 7] = [
        (|bench, it| bench.lose(it, Lost::ByPeer), "CONNECTION_LOST"),
        (
            |bench, it| bench.lose(it, Lost::Error("reset".into())),
            "CONNECTION_LOST",
        ),
        (
            |bench, _| {
                bench.tick(16_000);
            },
            "MQTT_KEEP_ALIVE_TIMEOUT",
        ),
        (
            |bench, it| bench.publish(it, &message("no", 1, 1, "")),
            "AUTH_ERROR",
        ),
        (
            |bench, it| {
                bench.input(it, b"\0\0");
            },
            "CLIENT_ERROR",
        ),
        (
            |bench, _| {
                let revoked = Some("certificate INACTIVE".into());
                bench.world.change("m1", |rules| rules.revoked = revoked);
                bench.refresh();
            },
            "FORBIDDEN_ACCESS",
        ),
        (
            |bench, it| {
                bench.send(it, |out| encode::disconnect(out, V5, 4));
            },
            "CLIENT_INITIATED_DISCONNECT",
        ),
    ];
    for (go, reason) in ways {
        let mut bench = Bench::new();
        let mut heard = listener(&mut bench);
        bench
            .world
            .change("m1", |rules| rules.no_publish = vec!["no".into()]);
        let hello = Connect {
            keep_alive_seconds: 10,
            ..hello(V5, "m1")
        };
        let mut client = bench.connect_as(&hello);
        bench.read(&mut heard);
        go(&mut bench, &mut client);
        let told = format!("$aws/events/presence/disconnected/m1 q0 somebody 0 {reason}");
        assert_eq!(bench.read(&mut heard), [told]);
    }
}

#[test]
fn numbers_grow_while_the_client_is_known() {
    let mut bench = Bench::new();
    let mut heard = listener(&mut bench);
    let mut first = bench.connect(V3, "m1");
    let mut second = bench.connect(V3, "m1");
    assert_eq!(
        bench.read(&mut heard),
        [
            "$aws/events/presence/connected/m1 q0 somebody 0",
            "$aws/events/presence/disconnected/m1 q0 somebody 0 DUPLICATE_CLIENTID",
            "$aws/events/presence/connected/m1 q0 somebody 1",
        ]
    );
    bench.lose(&mut second, Lost::ByPeer);
    bench.read(&mut first);
    bench.tick(3_601_000);
    bench.connect(V3, "m1");
    let told = bench.read(&mut heard);
    assert_eq!(
        told.last().unwrap(),
        "$aws/events/presence/connected/m1 q0 somebody 0"
    );
}

#[test]
fn who_may_not_connect_is_told_and_has_no_number() {
    let mut bench = Bench::new();
    let mut heard = listener(&mut bench);
    bench.world.change("m1", |rules| rules.no_connect = true);
    let mut client = bench.connect_as(&hello(V5, "m1"));
    assert_eq!(bench.read(&mut client), ["CONNACK 87", "CLOSED"]);
    let told = "$aws/events/presence/connect_failed/m1 q0 somebody ";
    assert_eq!(bench.read(&mut heard), [told]);
}

#[test]
fn what_can_be_no_topic_is_not_told_and_what_nobody_hears_is_no_message() {
    let mut bench = Bench::new();
    let mut heard = listener(&mut bench);
    for odd in ["a+b", "a#", "+"] {
        bench.connect(V3, odd);
    }
    assert_eq!(bench.read(&mut heard), [""; 0]);
    bench.connect(V3, "a/b c");
    let told = ["$aws/events/presence/connected/a/b c q0 somebody 0"];
    assert_eq!(bench.read(&mut heard), told);

    let mut bench = Bench::new();
    let mut all = bench.connect(V3, "all");
    bench.subscribe(&mut all, "#", 1);
    bench.connect(V3, "m1");
    assert_eq!(bench.read(&mut all), [""; 0], "# does not begin with $");
    assert_eq!(bench.shards[0].counters().messages_received, 0);
    bench.world.keep = vec![EVENTS.into()];
    bench.connect(V3, "m2");
    let kept: Vec<_> = bench.world.kept.iter().map(|it| &*it.topic).collect();
    assert_eq!(kept, ["$aws/events/presence/connected/m2"]);
    assert_eq!(bench.world.kept[0].client, "server");
}

#[test]
fn only_who_may_receive_it_does() {
    let mut bench = Bench::new();
    let mut heard = listener(&mut bench);
    bench.world.change("nosy", |rules| {
        rules.no_receive = vec!["$aws/events/presence/connected/+".into()];
    });
    let mut nosy = bench.connect(V3, "nosy");
    let filter = (EVENTS, SubscribeOptions::at(Qos::AtMostOnce));
    bench.subscribe_with(&mut nosy, &[filter], &[]);
    bench.read(&mut heard);
    let mut client = bench.connect(V3, "m1");
    bench.lose(&mut client, Lost::ByPeer);
    assert_eq!(bench.read(&mut heard).len(), 2);
    let told = ["$aws/events/presence/disconnected/m1 q0 somebody 0 CONNECTION_LOST"];
    assert_eq!(bench.read(&mut nosy), told);
}

#[test]
fn a_client_hears_of_itself_behind_its_connack() {
    let mut bench = Bench::new();
    let expires = props(&[Property::SessionExpiryInterval(1_000)]);
    let connect = Connect {
        clean_start: false,
        properties: expires.as_properties(),
        ..hello(V5, "m1")
    };
    let mut client = bench.connect_as(&connect);
    bench.calm();
    bench.read(&mut client);
    bench.subscribe_with(
        &mut client,
        &[(EVENTS, SubscribeOptions::at(Qos::AtLeastOnce))],
        &[],
    );
    bench.calm();
    bench.lose(&mut client, Lost::ByPeer);
    let mut client = bench.connect_as(&connect);
    bench.calm();
    let got = bench.read(&mut client);
    let told = "$aws/events/presence/connected/m1 q0 somebody 1";
    assert_eq!(got, ["CONNACK 00 present", told]);
}

#[test]
fn the_will_of_who_is_cut_is_another_message() {
    let limits = Limits {
        inflight_messages_max: 1,
        queued_bytes_max: 100,
        ..Limits::default()
    };
    let mut bench = Bench::with(1, limits);
    let connect = Connect {
        will: Some(will_gone()),
        ..hello(V3, "slow")
    };
    let mut slow = bench.connect_as(&connect);
    bench.calm();
    bench.read(&mut slow);
    bench.subscribe(&mut slow, "x", 1);
    let mut others: Vec<_> = (0..3)
        .map(|n| {
            let mut other = bench.connect(V3, &format!("other-{n}"));
            bench.subscribe(&mut other, "#", 1);
            other
        })
        .collect();
    let publisher = bench.connect(V3, "p");
    let long = "x".repeat(60);
    let mut got = vec![Vec::new(); 3];
    for n in 1..=3 {
        bench.publish(&publisher, &message("x", 1, n, &long));
        for (other, got) in others.iter_mut().zip(&mut got) {
            got.extend(bench.read(other));
            bench.send(other, |out| encode::puback(out, V3, n, 0));
        }
    }
    assert_eq!(bench.shards[0].counters().slow_receivers, 1);
    let whole: Vec<_> = (1..=3).map(|n| format!("x q1 #{n} {long}")).collect();
    for mut got in got {
        let will = got.iter().position(|text| text == "will q0 gone");
        got.remove(will.expect("the will"));
        assert_eq!(got, whole);
    }
}
