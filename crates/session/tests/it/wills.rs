// SPDX-License-Identifier: Apache-2.0
//! Wills: when they are published, and when not.

use hw_mqtt::*;
use hw_session::Lost;

use crate::bench::*;

fn with_will(version: Version) -> Connect<'static> {
    let will = Will {
        topic: "will/a",
        payload: b"gone",
        qos: Qos::AtLeastOnce,
        retain: false,
        properties: Properties::EMPTY,
    };
    Connect {
        will: Some(will),
        keep_alive_seconds: 10,
        ..hello(version, "a")
    }
}

fn scene(version: Version) -> (Bench, Client, Client) {
    let mut bench = Bench::new();
    let mut heir = bench.connect(version, "heir");
    bench.subscribe(&mut heir, "will/#", 1);
    let mut client = bench.connect_as(&with_will(version));
    assert!(
        bench.read(&mut client).is_empty(),
        "it is written down first"
    );
    bench.calm();
    assert_eq!(bench.read(&mut client), ["CONNACK 00"]);
    (bench, client, heir)
}

const HEARD: [&str; 1] = ["will/a q1 #1 gone"];

#[test]
fn a_lost_connection_has_its_will_published() {
    for version in BOTH {
        let (mut bench, mut client, mut heir) = scene(version);
        bench.lose(&mut client, Lost::ByPeer);
        assert_eq!(bench.read(&mut heir), HEARD);

        let (mut bench, _, mut heir) = scene(version);
        bench.tick(16_000);
        assert_eq!(bench.read(&mut heir), HEARD, "keep-alive");

        let (mut bench, client, mut heir) = scene(version);
        bench.input(&client, b"\0\0");
        assert_eq!(bench.read(&mut heir), HEARD, "a broken rule");

        let (mut bench, _, mut heir) = scene(version);
        bench.connect(version, "a");
        assert_eq!(bench.read(&mut heir), HEARD, "taken over");
    }
}

#[test]
fn who_says_goodbye_has_none() {
    for version in BOTH {
        let (mut bench, mut client, mut heir) = scene(version);
        bench.input(&client, &[0xE0, 0]);
        bench.read(&mut client);
        assert!(bench.read(&mut heir).is_empty());
    }
    let (mut bench, client, mut heir) = scene(V5);
    bench.input(&client, &[0xE0, 1, reason::DISCONNECT_WITH_WILL]);
    assert_eq!(bench.read(&mut heir), HEARD);
}

#[test]
fn it_is_checked_again_when_it_is_published() {
    let (mut bench, mut client, mut heir) = scene(V5);
    bench
        .world
        .change("a", |rules| rules.no_publish.push("will/#".into()));
    bench.world.news();
    bench.lose(&mut client, Lost::ByPeer);
    assert!(bench.read(&mut heir).is_empty());
    let news = bench.world.news();
    assert_eq!(news.len(), 2, "{news:?}");
    assert_eq!(news[1], "a will refused: not in the policy [will/a]");
}

#[test]
fn who_was_not_let_in_has_none() {
    let mut bench = Bench::new();
    let mut heir = bench.connect(V5, "heir");
    bench.subscribe(&mut heir, "#", 0);
    bench.world.change("a", |rules| rules.no_connect = true);
    let mut client = bench.connect_as(&with_will(V5));
    assert_eq!(bench.read(&mut client), ["CONNACK 87", "CLOSED"]);
    assert!(bench.read(&mut heir).is_empty());
}

#[test]
fn its_properties_go_with_it_and_it_may_be_retained() {
    let mut bench = Bench::new();
    let properties = props(&[
        Property::ContentType("text/plain"),
        Property::WillDelayInterval(0),
        Property::UserProperty("k", "v"),
    ]);
    let will = Will {
        properties: properties.as_properties(),
        retain: true,
        ..with_will(V5).will.unwrap()
    };
    let connect = Connect {
        will: Some(will),
        ..with_will(V5)
    };
    let mut client = bench.connect_as(&connect);
    bench.lose(&mut client, Lost::ByPeer);
    let mut heir = bench.connect(V5, "heir");
    bench.send(&heir, |out| {
        let filters = [("will/a", SubscribeOptions::at(Qos::AtMostOnce))];
        encode::subscribe(out, V5, 1, Properties::EMPTY, filters).unwrap();
    });
    bench.receive(&mut heir, usize::MAX);
    let publish = packet::publish::decode(V5, &heir.unread[6..]).unwrap();
    assert!(publish.retain && publish.payload == b"gone");
    assert_eq!(publish.properties.content_type(), Some("text/plain"));
    assert_eq!(publish.properties.user_properties().count(), 1);
    assert_eq!(publish.properties.will_delay_interval(), None);
}
