// SPDX-License-Identifier: Apache-2.0
//! Retained messages: who gets them, when, and who does not.

use hw_mqtt::*;
use hw_session::Limits;

use crate::bench::*;

fn retained<'a>(topic: &'a str, qos: u8, payload: &'a str) -> Publish<'a> {
    Publish {
        retain: true,
        ..message(topic, qos, u16::from(qos > 0), payload)
    }
}

fn handling(retain_handling: RetainHandling) -> SubscribeOptions {
    SubscribeOptions {
        retain_handling,
        ..SubscribeOptions::at(Qos::AtLeastOnce)
    }
}

#[test]
fn a_new_subscription_gets_the_last_one() {
    for version in EVERY {
        let mut bench = Bench::new();
        let from = bench.connect(version, "from");
        let mut to = bench.connect(version, "to");
        let mut live = bench.connect(version, "live");
        bench.subscribe(&mut live, "a/+", 0);
        for payload in ["1", "2"] {
            bench.publish(&from, &retained("a/b", 1, payload));
        }
        bench.publish(&from, &retained("a/c", 0, "3"));
        let heard = ["a/b q0 1", "a/b q0 2", "a/c q0 3"];
        assert_eq!(bench.read(&mut live), heard, "the flag is for newcomers");
        let options = SubscribeOptions::at(Qos::AtLeastOnce);
        let answer = bench.subscribe_with(&mut to, &[("a/#", options)], &[]);
        assert_eq!(
            answer,
            ["SUBACK 9 01", "a/b q1 #1 2 retained", "a/c q0 3 retained"]
        );
        bench.publish(&from, &retained("a/b", 0, ""));
        assert_eq!(bench.read(&mut to), ["a/b q0 "]);
        let answer = bench.subscribe_with(&mut to, &[("a/b", options)], &[]);
        assert_eq!(answer, ["SUBACK 9 01"]);
    }
}

#[test]
fn as_the_options_say() {
    let mut bench = Bench::new();
    let from = bench.connect(V5, "from");
    let mut to = bench.connect(V5, "to");
    bench.publish(&from, &retained("a", 0, "x"));
    let mut asked = |options, filter| {
        let answer = bench.subscribe_with(&mut to, &[(filter, options)], &[]);
        answer.len() - 1
    };
    assert_eq!(asked(handling(RetainHandling::Never), "a"), 0);
    assert_eq!(
        asked(handling(RetainHandling::IfNew), "a"),
        0,
        "it is there"
    );
    assert_eq!(asked(handling(RetainHandling::IfNew), "+"), 1);
    assert_eq!(asked(handling(RetainHandling::Always), "+"), 1);
    assert_eq!(asked(handling(RetainHandling::Always), "$share/g/a"), 0);
    let as_published = SubscribeOptions {
        retain_as_published: true,
        ..SubscribeOptions::at(Qos::AtMostOnce)
    };
    let mut bridge = bench.connect(V5, "bridge");
    bench.subscribe_with(
        &mut bridge,
        &[("b", as_published)],
        &[Property::SubscriptionIdentifier(4)],
    );
    bench.publish(&from, &retained("b", 0, "x"));
    assert_eq!(bench.read(&mut bridge), ["b q0 x ids[4] retained"]);
}

#[test]
fn a_bridge_of_version_3_gets_flags_as_published_and_nothing_of_its_own() {
    for version in [Version::V31, Version::V311] {
        let mut bench = Bench::new();
        let from = bench.connect(V5, "from");
        let mut bridge = bench.connect_as(&Connect {
            bridge: true,
            ..hello(version, "bridge")
        });
        assert_eq!(bench.read(&mut bridge), ["CONNACK 00"]);
        bench.subscribe(&mut bridge, "b", 0);
        bench.subscribe(&mut bridge, "$share/g/shared", 0);
        bench.publish(&from, &retained("b", 0, "x"));
        bench.publish(&bridge, &message("b", 0, 0, "own"));
        bench.publish(&bridge, &message("shared", 0, 0, "own"));
        assert_eq!(
            bench.read(&mut bridge),
            ["b q0 x retained", "shared q0 own"]
        );
    }
}

#[test]
fn only_what_may_be_received_now() {
    let mut bench = Bench::new();
    let from = bench.connect(V5, "from");
    let mut to = bench.connect(V5, "to");
    for topic in ["a/secret", "a/open"] {
        bench.publish(&from, &retained(topic, 0, "x"));
    }
    bench
        .world
        .change("to", |rules| rules.no_receive.push("a/secret".into()));
    bench.refresh();
    let options = SubscribeOptions::at(Qos::AtMostOnce);
    let answer = bench.subscribe_with(&mut to, &[("a/#", options)], &[]);
    assert_eq!(answer, ["SUBACK 9 00", "a/open q0 x retained"]);
    assert_eq!(bench.shards[0].counters().refused_receive, 1);
}

#[test]
fn what_finds_no_room_is_not_acknowledged() {
    for version in EVERY {
        let mut bench = Bench::new();
        let mut from = bench.connect(version, "from");
        let mut live = bench.connect(version, "live");
        bench.subscribe(&mut live, "a", 0);
        bench.world.retained_is_full = true;
        bench.publish(&from, &retained("a", 1, "x"));
        bench.publish(&from, &message("a", 1, 2, "y"));
        let (answers, heard): (&[&str], &[&str]) = match version {
            V5 => (&["PUBACK 1 97", "PUBACK 2 00"], &["a q0 y"]),
            // They can't be told: who is there gets it, and an event says what is missing.
            _ => (&["PUBACK 1 00", "PUBACK 2 00"], &["a q0 x", "a q0 y"]),
        };
        assert_eq!(bench.read(&mut from), answers);
        assert_eq!(bench.read(&mut live), heard);
        let news = bench.world.news().join("\n");
        assert!(news.contains("no room"), "{news}");
        bench.world.retained_is_full = false;
        bench.publish(&from, &retained("a", 1, "x"));
        assert_eq!(bench.read(&mut from), ["PUBACK 1 00"]);
    }
}

#[test]
fn what_finds_no_room_is_told_in_its_turn() {
    let mut bench = Bench::new();
    bench.world.keep.push("kept".into());
    bench.world.ticket = 1;
    let mut from = bench.connect(V5, "from");
    bench.publish(&from, &message("kept", 1, 1, "x"));
    bench.world.retained_is_full = true;
    bench.publish(&from, &retained("a", 1, "x"));
    let exactly = Publish {
        retain: true,
        ..message("a", 2, 3, "x")
    };
    bench.publish(&from, &exactly);
    assert!(
        bench.read(&mut from).is_empty(),
        "the first waits for the disk"
    );
    bench.durable(1, None);
    let answers = ["PUBACK 1 10", "PUBACK 1 97", "PUBREC 3 97"];
    assert_eq!(bench.read(&mut from), answers);
    bench.world.retained_is_full = false;
    bench.publish(&from, &exactly);
    assert_eq!(bench.read(&mut from), ["PUBREC 3 00"]);
}

#[test]
fn they_come_as_fast_as_they_are_read_and_never_behind_their_successor() {
    let limits = Limits {
        out_buffer_bytes_max: 100,
        inflight_messages_max: 2,
        ..Limits::default()
    };
    let mut bench = Bench::with(1, limits);
    let from = bench.connect(V5, "from");
    let mut to = bench.connect(V5, "to");
    let names: Vec<_> = (0..200).map(|n| format!("a/{n:03}")).collect();
    for name in &names {
        bench.publish(&from, &retained(name, 1, "old"));
    }
    let options = SubscribeOptions::at(Qos::AtLeastOnce);
    let mut got = bench.subscribe_with(&mut to, &[("a/+", options)], &[]);
    assert_eq!(got.len(), 3, "two may be out");
    bench.publish(&from, &retained("a/150", 1, "new"));
    for _ in 0..300 {
        for id in 1..=u16::MAX {
            let text = format!(" #{id} ");
            if !got.iter().any(|it| it.contains(&text)) {
                break;
            }
            bench.send(&to, |out| encode::puback(out, V5, id, 0));
        }
        got.extend(bench.read(&mut to));
    }
    let of = |name: &str| {
        got.iter()
            .filter(|it| it.starts_with(name))
            .collect::<Vec<_>>()
    };
    assert!(names.iter().all(|name| of(name).len() == 1), "{got:?}");
    assert!(of("a/150")[0].contains("new"));
}

#[test]
fn lifetimes_go_on_while_they_wait() {
    let mut bench = Bench::new();
    let from = bench.connect(V5, "from");
    let properties = props(&[Property::MessageExpiryInterval(10)]);
    let short = Publish {
        properties: properties.as_properties(),
        ..retained("a", 0, "x")
    };
    bench.publish(&from, &short);
    bench.tick(4_000);
    let mut to = bench.connect(V5, "to");
    bench.send(&to, |out| {
        let filters = [("a", SubscribeOptions::at(Qos::AtMostOnce))];
        encode::subscribe(out, V5, 1, Properties::EMPTY, filters).unwrap();
    });
    bench.receive(&mut to, usize::MAX);
    let publish = packet::publish::decode(V5, &to.unread[6..]).unwrap();
    assert_eq!(publish.properties.message_expiry_interval(), Some(6));
    bench.tick(6_000);
    let mut late = bench.connect(V5, "late");
    let options = SubscribeOptions::at(Qos::AtMostOnce);
    assert_eq!(
        bench
            .subscribe_with(&mut late, &[("a", options)], &[])
            .len(),
        1
    );
}
