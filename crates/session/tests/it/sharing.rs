// SPDX-License-Identifier: Apache-2.0
//! Shared subscriptions and topic aliases towards receivers.

use hw_mqtt::*;
use hw_session::{Limits, Lost};

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

/// A group of two, and a publisher; each member takes so many unacknowledged messages.
fn group(version: Version, receive_max: u16) -> (Bench, Client, Client, Client) {
    let mut bench = Bench::with(3, Limits::default());
    let from = bench.connect(version, "from");
    let properties = props(&[Property::ReceiveMaximum(receive_max)]);
    let members = ["m1", "m2"].map(|name| {
        let connect = Connect {
            properties: match version {
                V5 => properties.as_properties(),
                _ => Properties::EMPTY,
            },
            ..hello(version, name)
        };
        let mut member = bench.connect_as(&connect);
        assert_eq!(bench.read(&mut member), ["CONNACK 00"]);
        bench.subscribe(&mut member, "$share/g/a/+", 2);
        member
    });
    let [one, two] = members;
    (bench, from, one, two)
}

fn payloads(texts: &[String]) -> Vec<&str> {
    let payload = |text: &'_ String| text.split(' ').nth(3).map(str::len);
    assert!(
        texts.iter().all(|text| payload(text).is_some()),
        "{texts:?}"
    );
    texts
        .iter()
        .filter_map(|text| text.split(' ').nth(3))
        .collect()
}

#[test]
fn who_leaves_gives_back_what_it_has_not_acknowledged() {
    for version in EVERY {
        let (mut bench, from, mut one, mut two) = group(version, 10);
        for n in 0..8 {
            bench.publish(&from, &message("a/b", 1, n + 1, &n.to_string()));
        }
        let (first, second) = (bench.read(&mut one), bench.read(&mut two));
        assert_eq!(payloads(&first), ["0", "2", "4", "6"]);
        assert_eq!(payloads(&second), ["1", "3", "5", "7"]);
        for id in [2, 1] {
            bench.send(&one, |out| encode::puback(out, version, id, 0));
        }
        bench.lose(&mut one, Lost::ByPeer);
        bench.pass();
        bench.give_on();
        assert_eq!(payloads(&bench.read(&mut two)), ["4", "6"]);
        // The last one takes what is left with it.
        bench.lose(&mut two, Lost::ByPeer);
        bench.pass();
        bench.give_on();
        let counters = bench
            .shards
            .iter()
            .map(|it| it.counters().dropped_receiver_gone);
        assert_eq!(counters.sum::<u64>(), 6);
        let given = bench.shards.iter().map(|it| it.counters().given_on);
        assert_eq!(given.sum::<u64>(), 2);
        let news = bench.world.news();
        let cause = "m2 deliver dropped: the member of a shared subscription left before it had \
                     acknowledged it, and there is no other [a/b]";
        let told = news.iter().filter(|it| *it == cause);
        assert_eq!(told.count(), 6, "{news:?}");
    }
}

#[test]
fn what_waits_for_it_is_given_back_too_and_what_was_begun_at_qos_2_is_not() {
    let (mut bench, from, mut one, mut two) = group(V5, 1);
    for n in 0..6 {
        let qos = if n < 2 { 2 } else { 1 + n as u8 / 4 };
        bench.publish(&from, &message("a/b", qos, n + 1, &n.to_string()));
        bench.release(&from, n + 1);
    }
    assert_eq!(payloads(&bench.read(&mut one)), ["0"]);
    assert_eq!(payloads(&bench.read(&mut two)), ["1"]);
    bench.send(&one, |out| encode::disconnect(out, V5, 0));
    bench.read(&mut one);
    bench.pass();
    bench.give_on();
    bench.send(&two, |out| encode::pubrec(out, V5, 1, 0));
    bench.send(&two, |out| encode::pubcomp(out, V5, 1, 0));
    let mut got = Vec::new();
    for _ in 0..8 {
        for text in bench.read(&mut two) {
            let words: Vec<_> = text.split(' ').collect();
            let ["a/b", qos, id, payload, ..] = words[..] else {
                continue;
            };
            got.push(payload.to_owned());
            let id = id[1..].parse().unwrap();
            bench.send(&two, |out| match qos {
                "q1" => encode::puback(out, V5, id, 0),
                _ => encode::pubrec(out, V5, id, 0),
            });
            if qos == "q2" {
                bench.send(&two, |out| encode::pubcomp(out, V5, id, 0));
            }
        }
    }
    assert_eq!(got, ["3", "5", "2", "4"]);
}

#[test]
fn a_member_whose_session_lasts_is_owed_what_is_given_back() {
    let (mut bench, from, mut one, mut two) = group(V5, 10);
    let (mut away, _) = crate::lasting::come(&mut bench, V5, "away");
    bench.send(&away, |out| {
        let options = SubscribeOptions::at(Qos::AtLeastOnce);
        let filters = [("$share/g/a/+", options)];
        encode::subscribe(out, V5, 1, Properties::EMPTY, filters).unwrap();
    });
    bench.calm();
    bench.read(&mut away);
    bench.lose(&mut away, Lost::ByPeer);
    bench.calm();
    for n in 0..4 {
        bench.publish(&from, &message("a/b", 1, n + 1, &n.to_string()));
    }
    bench.calm();
    bench.read(&mut one);
    bench.lose(&mut two, Lost::ByPeer);
    bench.pass();
    bench.give_on();
    bench.lose(&mut one, Lost::ByPeer);
    bench.give_on();
    bench.calm();
    let (mut away, present) = crate::lasting::come(&mut bench, V5, "away");
    assert!(present);
    let mut got: Vec<_> = payloads(&bench.read(&mut away))
        .into_iter()
        .map(str::to_owned)
        .collect();
    got.sort();
    assert_eq!(got, ["0", "1", "2", "3"]);
}

#[test]
fn what_is_given_on_is_as_it_was_published() {
    let (mut bench, from, mut one, mut two) = group(V5, 10);
    bench.send(&two, |out| encode::disconnect(out, V5, 0));
    bench.read(&mut two);
    let mut old = bench.connect(V3, "old");
    let options = SubscribeOptions {
        retain_as_published: true,
        ..SubscribeOptions::at(Qos::ExactlyOnce)
    };
    bench.subscribe(&mut old, "$share/g/a/+", 1);
    bench.send(&one, |out| encode::disconnect(out, V5, 0));
    bench.read(&mut one);
    let properties = props(&[
        Property::MessageExpiryInterval(100),
        Property::UserProperty("who", "m1"),
    ]);
    let published = Publish {
        properties: properties.as_properties(),
        retain: true,
        ..message("a/b", 2, 1, "whole")
    };
    bench.publish_exactly(&from, &published);
    bench.pass();
    bench.give_on();
    assert_eq!(bench.read(&mut old), ["a/b q1 #1 whole"]);
    let mut heir = bench.connect(V5, "heir");
    bench.subscribe_with(&mut heir, &[("$share/g/a/+", options)], &[]);
    bench.tick(7_000);
    bench.lose(&mut old, Lost::ByPeer);
    bench.pass();
    bench.give_on();
    bench.receive(&mut heir, usize::MAX);
    let Ok(Packet::Publish(got)) = decode(V5, &heir.unread) else {
        panic!("no PUBLISH: {:?}", heir.unread);
    };
    assert_eq!(
        (got.qos, got.retain, got.payload),
        (Qos::ExactlyOnce, true, &b"whole"[..])
    );
    assert_eq!(got.properties.message_expiry_interval(), Some(93));
    let raw: Vec<_> = got.properties.iter().collect();
    assert!(
        raw.contains(&Property::UserProperty("who", "m1")),
        "{raw:?}"
    );
    heir.unread.clear();
    // What has expired meanwhile goes to nobody.
    let mut last = bench.connect(V5, "last");
    bench.subscribe(&mut last, "$share/g/a/+", 1);
    bench.publish(
        &from,
        &Publish {
            qos: Qos::AtLeastOnce,
            packet_id: 2,
            ..published
        },
    );
    bench.pass();
    bench.give_on();
    let got = [bench.read(&mut heir), bench.read(&mut last)].concat();
    assert_eq!(got.len(), 1, "{got:?}");
    bench.tick(101_000);
    let (mut leaves, mut stays) = match got[0].is_empty() {
        _ if bench.shards[heir.shard]
            .glance(heir.slot)
            .is_some_and(|it| it.unacknowledged > 1) =>
        {
            (heir, last)
        }
        _ => (last, heir),
    };
    bench.lose(&mut leaves, Lost::ByPeer);
    bench.pass();
    bench.give_on();
    assert!(bench.read(&mut stays).is_empty());
}

#[test]
fn nobody_is_cut_for_what_he_inherits() {
    let limits = Limits {
        inflight_messages_max: 2,
        out_buffer_bytes_max: 2_000,
        queued_bytes_max: 6_000,
        ..Limits::default()
    };
    let mut bench = Bench::with(2, limits);
    let from = bench.connect(V3, "from");
    let mut members = ["m1", "m2", "m3"].map(|name| {
        let mut member = bench.connect(V5, name);
        bench.subscribe(&mut member, "$share/g/a", 1);
        member
    });
    let text = "x".repeat(300);
    for n in 1..=24 {
        bench.publish(&from, &message("a", 1, n, &text));
        bench.pass();
        bench.give_on();
    }
    for member in &mut members[..2] {
        bench.lose(member, Lost::ByPeer);
        bench.pass();
        bench.give_on();
    }
    let last = &mut members[2];
    let mut got = 0;
    for _ in 0..40 {
        for text in bench.read(last) {
            let id = text.split('#').nth(1).expect("a message").split(' ').next();
            let id = id.unwrap().parse().unwrap();
            got += 1;
            bench.send(last, |out| encode::puback(out, V5, id, 0));
        }
    }
    assert!(!last.closed);
    let counters = bench.shards.iter().map(hw_session::Shard::counters);
    let (dropped, slow) = counters.fold((0, 0), |(dropped, slow), it| {
        (dropped + it.dropped_queue_full, slow + it.slow_receivers)
    });
    assert_eq!((got + dropped, slow), (24, 0));
    assert!(
        dropped > 0 && got > 10,
        "{got} came, {dropped} were dropped"
    );
}

#[test]
fn a_member_that_had_gone_when_it_came_is_one_that_left() {
    // The batch is on its way to another shard while its receiver leaves.
    for version in EVERY {
        let (mut bench, from, mut one, mut two) = group(version, 10);
        for n in 0..6 {
            bench.publish(&from, &message("a/b", 1, n + 1, &n.to_string()));
        }
        let (leaves, stays) = match one.shard == from.shard {
            true => (&mut two, &mut one),
            false => (&mut one, &mut two),
        };
        assert_ne!(leaves.shard, from.shard, "it is on another shard");
        bench.lose(leaves, Lost::ByPeer);
        bench.pass();
        bench.give_on();
        bench.pass();
        bench.give_on();
        let mut got: Vec<_> = payloads(&bench.read(stays))
            .into_iter()
            .map(str::to_owned)
            .collect();
        got.sort();
        assert_eq!(got, ["0", "1", "2", "3", "4", "5"]);
    }
}

#[test]
fn of_a_group_a_megabyte_is_out_to_a_member() {
    let mut bench = Bench::new();
    let from = bench.connect(V3, "from");
    let mut member = bench.connect(V5, "m1");
    bench.subscribe(&mut member, "$share/g/a", 1);
    let text = "x".repeat(200_000);
    let mut out = 0;
    for n in 1..=8 {
        bench.publish(&from, &message("a", 1, n, &text));
        out += bench.read(&mut member).len();
    }
    assert_eq!(out, 6, "as many as make a megabyte full");
    for (id, more) in [(1, 1), (2, 1), (3, 0)] {
        bench.send(&member, |out| encode::puback(out, V5, id, 0));
        assert_eq!(bench.read(&mut member).len(), more);
    }
}
