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
    for version in EVERY {
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
    for version in EVERY {
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

/// A client with a will that is to wait, and what it says of its session.
struct Waiting {
    version: Version,
    delay_seconds: u32,
    /// Session Expiry Interval, if one is given.
    expiry_seconds: Option<u32>,
    clean_start: bool,
}

impl Waiting {
    fn come(&self, bench: &mut Bench) -> Client {
        let mut list = vec![];
        let delay = props(&[Property::WillDelayInterval(self.delay_seconds)]);
        let is_5 = self.version == V5;
        list.extend(
            self.expiry_seconds
                .filter(|_| is_5)
                .map(Property::SessionExpiryInterval),
        );
        let properties = props(&list);
        let will = Will {
            properties: match is_5 && self.delay_seconds > 0 {
                true => delay.as_properties(),
                false => Properties::EMPTY,
            },
            ..with_will(self.version).will.unwrap()
        };
        let connect = Connect {
            clean_start: self.clean_start,
            will: Some(will),
            properties: properties.as_properties(),
            keep_alive_seconds: 0,
            ..with_will(self.version)
        };
        let mut client = bench.connect_as(&connect);
        bench.calm();
        bench.read(&mut client);
        client
    }
}

fn heir(bench: &mut Bench) -> Client {
    let mut heir = bench.connect(V5, "heir");
    bench.subscribe(&mut heir, "will/#", 1);
    heir
}

#[test]
fn a_delay_counts_where_the_client_says_nothing_of_its_session() {
    let silent = Waiting {
        version: V5,
        delay_seconds: 10,
        expiry_seconds: None,
        clean_start: true,
    };
    let mut bench = Bench::new();
    let mut heir = heir(&mut bench);
    let mut client = silent.come(&mut bench);
    bench.lose(&mut client, Lost::ByPeer);
    assert_eq!(bench.world.tree.len(), 1, "its session has ended");
    bench.tick(9_500);
    assert!(bench.read(&mut heir).is_empty());
    bench.tick(1_000);
    assert_eq!(bench.read(&mut heir), HEARD);
    bench.tick(60_000);
    assert!(bench.read(&mut heir).is_empty(), "once");
    assert_eq!(bench.shards[0].counters().sessions, 0);
    assert_eq!(bench.shards[0].counters().sessions_expired, 0);

    let mut client = silent.come(&mut bench);
    bench.lose(&mut client, Lost::ByPeer);
    let mut back = bench.connect(V5, "a");
    bench.tick(60_000);
    assert!(bench.read(&mut heir).is_empty(), "it is back");
    bench.lose(&mut back, Lost::ByPeer);

    let ends = Waiting {
        expiry_seconds: Some(0),
        ..silent
    };
    let mut client = ends.come(&mut bench);
    bench.lose(&mut client, Lost::ByPeer);
    let heard = ["will/a q1 #2 gone"];
    assert_eq!(bench.read(&mut heir), heard, "and so does the delay");
}

#[test]
fn a_disconnect_that_ends_the_session_ends_the_delay() {
    let mut bench = Bench::new();
    let mut heir = heir(&mut bench);
    let lasts = Waiting {
        version: V5,
        delay_seconds: 10,
        expiry_seconds: Some(100),
        clean_start: true,
    };
    let client = lasts.come(&mut bench);
    // With its will, and Session Expiry Interval 0.
    bench.input(&client, b"\xE0\x07\x04\x05\x11\0\0\0\0");
    assert_eq!(bench.read(&mut heir), HEARD);
}

/// At a takeover nobody is gone; the will is published if the session ends.
#[test]
fn a_takeover_publishes_the_will_of_a_session_that_ends() {
    for (version, delay_seconds, expiry_seconds, clean_before, clean_after, heard) in [
        (V3, 0, None, true, true, true),
        (V3, 0, None, true, false, true),
        (V3, 0, None, false, true, true),
        (V3, 0, None, false, false, false),
        (V5, 0, None, true, true, true),
        (V5, 0, Some(60), false, true, true),
        (V5, 0, Some(60), true, false, false),
        (V5, 10, Some(60), true, false, false),
        (V5, 10, Some(60), true, true, false),
        (V5, 10, None, true, true, false),
        (V5, 10, Some(0), true, true, true),
    ] {
        let mut bench = Bench::new();
        let mut heir = heir(&mut bench);
        let mut old = Waiting {
            version,
            delay_seconds,
            expiry_seconds,
            clean_start: clean_before,
        };
        old.come(&mut bench);
        old.clean_start = clean_after;
        old.come(&mut bench);
        bench.tick(30_000);
        let expected: &[&str] = if heard { &HEARD } else { &[] };
        let case = (
            version,
            delay_seconds,
            expiry_seconds,
            clean_before,
            clean_after,
        );
        assert_eq!(bench.read(&mut heir), expected, "{case:?}");
    }
}

#[test]
fn somebody_else_is_not_the_client_that_came_back() {
    for expiry_seconds in [None, Some(60)] {
        for lost in [false, true] {
            let mut bench = Bench::new();
            let mut heir = heir(&mut bench);
            let waits = Waiting {
                version: V5,
                delay_seconds: 10,
                expiry_seconds,
                clean_start: true,
            };
            let mut client = waits.come(&mut bench);
            if lost {
                bench.lose(&mut client, Lost::ByPeer);
            }
            bench.owner = "another".into();
            bench.connect(V5, "a");
            bench.calm();
            assert_eq!(bench.read(&mut heir), HEARD, "{expiry_seconds:?} {lost}");
        }
    }
}

#[test]
fn a_will_that_could_never_be_published_is_refused_at_once() {
    for version in EVERY {
        for topic in ["$CONTROL/x/v1", "$SYS/x", "$aws/things/a/shadow/update"] {
            let mut bench = Bench::new();
            let will = Will {
                topic,
                ..with_will(version).will.unwrap()
            };
            let connect = Connect {
                will: Some(will),
                ..with_will(version)
            };
            let mut client = bench.connect_as(&connect);
            assert_eq!(bench.read(&mut client), ["CLOSED"]);
            let news = bench.world.news();
            assert!(
                news[0].starts_with("a connect refused: reserved topic"),
                "{news:?}"
            );
        }
    }
}

#[test]
fn a_retained_will_without_room_reaches_who_is_there() {
    for version in EVERY {
        let mut bench = Bench::new();
        let mut heir = bench.connect(version, "heir");
        bench.subscribe(&mut heir, "will", 1);
        let will = Will {
            qos: Qos::AtLeastOnce,
            retain: true,
            ..will_gone()
        };
        let connect = Connect {
            will: Some(will),
            ..hello(version, "a")
        };
        let mut client = bench.connect_as(&connect);
        bench.calm();
        bench.read(&mut client);
        bench.world.retained_is_full = true;
        bench.lose(&mut client, Lost::ByPeer);
        bench.calm();
        assert_eq!(bench.read(&mut heir), ["will q1 #1 gone"]);
        let news = bench.world.news().join("\n");
        assert!(news.contains("retain dropped: no room"), "{news}");
    }
}
