// SPDX-License-Identifier: Apache-2.0
//! QoS 2 in both directions, and what the Log has to do with it.

use hw_mqtt::*;
use hw_session::{KeepFailure, Limits, Lost};

use crate::bench::*;

fn pair(version: Version) -> (Bench, Client, Client) {
    let mut bench = Bench::new();
    let publisher = bench.connect(version, "from");
    let mut receiver = bench.connect(version, "to");
    bench.subscribe(&mut receiver, "a/#", 2);
    (bench, publisher, receiver)
}

#[test]
fn a_message_goes_through_once() {
    for version in EVERY {
        let (mut bench, mut from, mut to) = pair(version);
        bench.publish(&from, &message("a/b", 2, 7, "x"));
        assert_eq!(bench.read(&mut from), ["PUBREC 7 00"]);
        assert!(bench.read(&mut to).is_empty(), "it is not released");
        let again = Publish {
            dup: true,
            ..message("a/b", 2, 7, "x")
        };
        bench.publish(&from, &again);
        assert_eq!(bench.read(&mut from), ["PUBREC 7 00"]);
        bench.release(&from, 7);
        assert_eq!(bench.read(&mut from), ["PUBCOMP 7 00"]);
        assert_eq!(bench.read(&mut to), ["a/b q2 #1 x"]);
        bench.release(&from, 7);
        assert_eq!(bench.read(&mut from), ["PUBCOMP 7 00"]);
        assert!(bench.read(&mut to).is_empty(), "not twice");
        // The id is free: the same bytes are another message.
        bench.publish(&from, &message("a/b", 2, 7, "y"));
        bench.release(&from, 7);
        assert_eq!(bench.read(&mut from), ["PUBREC 7 00", "PUBCOMP 7 00"]);
        assert_eq!(bench.read(&mut to), ["a/b q2 #2 y"]);

        bench.send(&to, |out| encode::pubrec(out, version, 1, 0));
        assert_eq!(bench.read(&mut to), ["PUBREL 1 00"]);
        bench.send(&to, |out| encode::pubcomp(out, version, 1, 0));
        let slot = to.slot;
        let out = bench.shards[0].glance(slot).unwrap().unacknowledged;
        assert_eq!(out, 1, "the second is still out");
    }
}

#[test]
fn ids_that_nobody_knows() {
    for version in EVERY {
        let mut bench = Bench::new();
        let mut client = bench.connect(version, "a");
        bench.send(&client, |out| encode::pubrel(out, version, 9, 0));
        assert_eq!(bench.read(&mut client), ["PUBCOMP 9 00"]);
        bench.send(&client, |out| encode::pubcomp(out, version, 9, 0));
        bench.send(&client, |out| encode::puback(out, version, 9, 0));
        assert!(bench.read(&mut client).is_empty());
        bench.send(&client, |out| encode::pubrec(out, version, 9, 0));
        assert_eq!(bench.read(&mut client), ["PUBREL 9 00"]);
        if version == V5 {
            bench.send(&client, |out| encode::pubrec(out, version, 9, 0x97));
            assert!(bench.read(&mut client).is_empty());
        }
    }
}

/// Which answer does not fit: the packets of QoS 1 to a message of QoS 2, and the other way round.
#[test]
fn answers_that_do_not_fit_end_the_connection() {
    let (puback, pubrec, pubcomp) = (0x40, 0x50, 0x70);
    for version in EVERY {
        for lasts in [false, true] {
            for (qos, answers) in [
                (1, &[pubrec][..]),
                (1, &[pubcomp]),
                (2, &[puback]),
                (2, &[pubcomp]),
                (2, &[pubrec, puback]),
            ] {
                let mut bench = Bench::new();
                let from = bench.connect(version, "from");
                let expiry = props(&[Property::SessionExpiryInterval(60)]);
                let connect = Connect {
                    clean_start: !lasts,
                    properties: match (version, lasts) {
                        (V5, true) => expiry.as_properties(),
                        _ => Properties::EMPTY,
                    },
                    ..hello(version, "to")
                };
                let mut to = bench.connect_as(&connect);
                bench.send(&to, |out| {
                    let filters = [("a", SubscribeOptions::at(Qos::ExactlyOnce))];
                    encode::subscribe(out, version, 1, Properties::EMPTY, filters).unwrap();
                });
                bench.calm();
                bench.publish(&from, &message("a", qos, 1, "x"));
                bench.release(&from, 1);
                bench.calm();
                assert_eq!(bench.read(&mut to)[2..], [format!("a q{qos} #1 x")]);
                for first in answers {
                    bench.input(&to, &[*first, 2, 0, 1]);
                    bench.calm();
                }
                let mut end = bench.read(&mut to);
                assert_eq!(
                    end.pop().as_deref(),
                    Some("CLOSED"),
                    "{version} {answers:?}"
                );
                if answers.len() > 1 {
                    assert_eq!(end.remove(0), "PUBREL 1 00");
                }
                let told: &[&str] = if version == V5 {
                    &["DISCONNECT 82"]
                } else {
                    &[]
                };
                assert_eq!(end, told);
            }
        }
    }
}

#[test]
fn a_publisher_is_answered_before_it_gets_its_own_message() {
    for version in EVERY {
        for kept in [false, true] {
            let mut bench = Bench::new();
            let mut client = bench.connect(version, "a");
            bench.subscribe(&mut client, "a", 2);
            if kept {
                bench.world.keep.push("#".into());
            }
            bench.publish_exactly(&client, &message("a", 2, 7, "x"));
            bench.durable(0, None);
            let mut got = bench.read(&mut client);
            assert_eq!(got.remove(0), "PUBREC 7 00");
            got.sort();
            assert_eq!(got, ["PUBCOMP 7 00", "a q2 #1 x"]);
        }
    }
}

#[test]
fn a_third_time_is_too_often() {
    for version in EVERY {
        let (mut bench, mut from, mut to) = pair(version);
        for _ in 0..2 {
            bench.publish(&from, &message("a", 2, 7, "x"));
            assert_eq!(bench.read(&mut from), ["PUBREC 7 00"]);
        }
        bench.publish(&from, &message("a", 2, 7, "x"));
        let end: &[&str] = match version {
            V5 => &["DISCONNECT 82", "CLOSED"],
            Version::V311 => &["CLOSED"],
            // It may send again whenever it likes.
            Version::V31 => &["PUBREC 7 00"],
        };
        assert_eq!(bench.read(&mut from), end);
        if version == Version::V31 {
            bench.release(&from, 7);
        }
        // What was taken goes out when nobody can release it any more.
        assert_eq!(bench.read(&mut to), ["a q2 #1 x"]);
    }
}

#[test]
fn a_receiver_that_refuses_ends_the_exchange() {
    let limits = Limits {
        inflight_messages_max: 1,
        ..Limits::default()
    };
    let mut bench = Bench::with(1, limits);
    let mut from = bench.connect(V5, "from");
    let mut to = bench.connect(V5, "to");
    bench.subscribe(&mut to, "a", 2);
    bench.publish_exactly(&from, &message("a", 2, 1, "x"));
    bench.publish_exactly(&from, &message("a", 2, 1, "y"));
    bench.read(&mut from);
    assert_eq!(bench.read(&mut to), ["a q2 #1 x"], "one at a time");
    bench.send(&to, |out| {
        encode::pubrec(out, V5, 1, reason::QUOTA_EXCEEDED)
    });
    assert_eq!(bench.read(&mut to), ["a q2 #2 y"]);
    bench.send(&to, |out| encode::puback(out, V5, 2, 0));
    assert_eq!(bench.read(&mut to), ["DISCONNECT 82", "CLOSED"]);
}

#[test]
fn what_is_kept_goes_out_when_it_is_durable() {
    let (mut bench, mut from, mut to) = pair(V5);
    bench.world.keep.push("#".into());
    bench.world.ticket = 3;
    bench.publish(&from, &message("a/b", 2, 7, "x"));
    bench.publish(&from, &message("a/c", 1, 8, "y"));
    // Sent again before there was an answer.
    bench.publish(&from, &message("a/b", 2, 7, "x"));
    assert!(bench.read(&mut from).is_empty());
    assert_eq!(bench.read(&mut to), ["a/c q1 #1 y"], "QoS 1 does not wait");
    bench.durable(3, None);
    assert_eq!(bench.read(&mut from), ["PUBREC 7 00", "PUBACK 8 00"]);
    assert!(bench.read(&mut to).is_empty(), "it is not released");
    bench.release(&from, 7);
    assert_eq!(bench.read(&mut to), ["a/b q2 #2 x"]);
    assert_eq!(bench.world.kept.len(), 2);
}

#[test]
fn what_the_log_refuses_goes_to_nobody_and_may_come_again() {
    let (mut bench, mut from, mut to) = pair(V5);
    bench.world.keep.push("#".into());
    bench.world.ticket = 1;
    bench.publish(&from, &message("a/b", 2, 7, "x"));
    bench.durable(1, Some(KeepFailure::Full));
    assert_eq!(bench.read(&mut from), ["PUBREC 7 97"]);
    assert!(bench.read(&mut to).is_empty());
    bench.world.ticket = 2;
    bench.publish(&from, &message("a/b", 2, 7, "x"));
    bench.durable(2, None);
    bench.release(&from, 7);
    assert_eq!(bench.read(&mut from), ["PUBREC 7 00", "PUBCOMP 7 00"]);
    assert_eq!(bench.read(&mut to), ["a/b q2 #1 x"]);
}

#[test]
fn half_done_ones_count_for_the_receive_maximum() {
    let limits = Limits {
        inflight_messages_max: 2,
        ..Limits::default()
    };
    let mut bench = Bench::with(1, limits);
    let mut from = bench.connect(V5, "from");
    for id in 1..=3 {
        bench.publish(&from, &message("a", 2, id, "x"));
    }
    let answers = ["PUBREC 1 00", "PUBREC 2 00", "DISCONNECT 93", "CLOSED"];
    assert_eq!(bench.read(&mut from), answers);
    let mut other = bench.connect(V5, "other");
    bench.publish(&other, &message("a", 2, 1, "x"));
    bench.lose(&mut other, Lost::ByPeer);
}
