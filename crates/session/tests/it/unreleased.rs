// SPDX-License-Identifier: Apache-2.0
//! QoS 2 between PUBLISH and PUBREL: who gets the message when, and what takes its place.

use hw_mqtt::*;
use hw_session::{KeepFailure, Limits, Lost};

use crate::bench::*;
use crate::lasting::{come, subscribe};

const REPLACED: &str = "another message of QoS 2 came with its packet id before PUBREL";

fn pair(version: Version) -> (Bench, Client, Client) {
    let mut bench = Bench::new();
    let publisher = bench.connect(version, "from");
    let mut receiver = bench.connect(version, "to");
    bench.subscribe(&mut receiver, "#", 2);
    (bench, publisher, receiver)
}

fn replaced(bench: &mut Bench) -> usize {
    let news = bench.world.news();
    news.iter().filter(|it| it.contains(REPLACED)).count()
}

#[test]
fn another_message_takes_the_place_of_one_with_its_packet_id() {
    for version in EVERY {
        for kept in [false, true] {
            let (mut bench, mut from, mut to) = pair(version);
            if kept {
                bench.world.keep.push("#".into());
            }
            bench.publish(&from, &message("a/first", 2, 7, "x"));
            bench.durable(0, None);
            bench.publish(&from, &message("a/second", 2, 7, "x"));
            bench.durable(0, None);
            assert_eq!(bench.read(&mut from), ["PUBREC 7 00", "PUBREC 7 00"]);
            bench.release(&from, 7);
            assert_eq!(bench.read(&mut from), ["PUBCOMP 7 00"]);
            assert_eq!(bench.read(&mut to), ["a/second q2 #1 x"]);
            assert_eq!(bench.shards[0].counters().dropped_replaced, 1);
            assert_eq!(replaced(&mut bench), 1);
            // What is written down is not taken back.
            assert_eq!(bench.world.kept.len(), if kept { 2 } else { 0 });
        }
    }
}

#[test]
fn one_that_waits_for_the_log_is_replaced_too() {
    let (mut bench, from, mut to) = pair(V5);
    bench.world.keep.push("#".into());
    bench.world.ticket = 3;
    bench.publish(&from, &message("a", 2, 7, "x"));
    bench.publish(&from, &message("a", 2, 7, "y"));
    bench.release(&from, 7);
    bench.durable(3, None);
    assert_eq!(bench.read(&mut to), ["a q2 #1 y"]);
    assert_eq!(replaced(&mut bench), 1);
    // Nor does a failure leave anything behind.
    bench.world.ticket = 4;
    bench.publish(&from, &message("a", 2, 7, "x"));
    bench.publish(&from, &message("a", 2, 7, "y"));
    bench.durable(4, Some(KeepFailure::Full));
    bench.world.ticket = 5;
    bench.publish_exactly(&from, &message("a", 2, 7, "x"));
    bench.durable(5, None);
    assert_eq!(bench.read(&mut to), ["a q2 #2 x"]);
}

#[test]
fn one_that_is_not_kept_outlives_the_failure_of_one_it_waited_behind() {
    let (mut bench, mut from, mut to) = pair(V5);
    let mut other = bench.connect(V5, "other");
    bench.world.keep.push("kept".into());
    bench.world.ticket = 3;
    bench.publish(&other, &message("kept", 2, 1, "x"));
    bench.publish(&from, &message("not", 2, 7, "y"));
    assert_eq!(bench.read(&mut from), ["PUBREC 7 00"]);
    bench.durable(3, Some(KeepFailure::Full));
    assert_eq!(bench.read(&mut other), ["PUBREC 1 97"]);
    assert!(bench.read(&mut to).is_empty(), "it is not released");
    bench.release(&from, 7);
    assert_eq!(bench.read(&mut from), ["PUBCOMP 7 00"]);
    assert_eq!(bench.read(&mut to), ["not q2 #1 y"]);
}

#[test]
fn sessions_that_last_are_owed_what_is_on_disk() {
    for version in EVERY {
        let (mut bench, from, mut live) = pair(version);
        let (mut lasts, _) = come(&mut bench, version, "lasts");
        subscribe(&mut bench, &mut lasts, "a", 2);
        bench.publish(&from, &message("a", 2, 7, "x"));
        bench.calm();
        assert_eq!(bench.read(&mut lasts), ["a q2 #1 x"]);
        assert!(bench.read(&mut live).is_empty(), "it is not released");
        bench.publish(&from, &message("a", 2, 7, "y"));
        bench.release(&from, 7);
        bench.calm();
        assert_eq!(bench.read(&mut lasts), ["a q2 #2 y"]);
        assert_eq!(bench.read(&mut live), ["a q2 #1 y"]);
    }
}

#[test]
fn what_was_taken_goes_out_when_its_publisher_ends() {
    for version in EVERY {
        for kept in [false, true] {
            for end in 0..4 {
                let (mut bench, _, mut to) = pair(version);
                let mut from = match end {
                    0 => bench.connect(version, "from"),
                    _ => come(&mut bench, version, "from").0,
                };
                if kept {
                    bench.world.keep.push("#".into());
                }
                for id in [9, 3, 7] {
                    let payload = id.to_string();
                    bench.publish(&from, &message("a", 2, id, &payload));
                }
                bench.calm();
                bench.read(&mut from);
                assert!(bench.read(&mut to).is_empty(), "none is released");
                match end {
                    0 | 1 => bench.lose(&mut from, Lost::ByPeer),
                    2 => bench.send(&from, |out| encode::disconnect(out, version, 0)),
                    _ => drop(come(&mut bench, version, "from")),
                }
                bench.pass();
                let got = ["a q2 #1 9", "a q2 #2 3", "a q2 #3 7"];
                assert_eq!(bench.read(&mut to), got);
                if end == 0 {
                    continue;
                }
                // The session knows their ids: nobody gets them twice.
                let (mut from, _) = come(&mut bench, version, "from");
                bench.read(&mut from);
                for id in [9, 3, 7] {
                    bench.release(&from, id);
                }
                bench.calm();
                let ids = ["PUBCOMP 9 00", "PUBCOMP 3 00", "PUBCOMP 7 00"];
                assert_eq!(bench.read(&mut from), ids);
                assert!(bench.read(&mut to).is_empty());
            }
        }
    }
}

/// A device that was restarted, and has forgotten what it had half way, counts its ids anew.
#[test]
fn on_another_connection_it_is_another_message() {
    for version in EVERY {
        let (mut bench, _, mut to) = pair(version);
        let (mut from, _) = come(&mut bench, version, "from");
        bench.publish(&from, &message("a", 2, 7, "x"));
        bench.calm();
        bench.lose(&mut from, Lost::ByPeer);
        let (from, _) = come(&mut bench, version, "from");
        bench.publish_exactly(&from, &message("a", 2, 7, "y"));
        bench.calm();
        assert_eq!(bench.read(&mut to), ["a q2 #1 x", "a q2 #2 y"]);
        assert_eq!(replaced(&mut bench), 0);
    }
}

#[test]
fn a_publisher_that_ends_before_the_log_answers() {
    let (mut bench, mut from, mut to) = pair(V5);
    bench.world.keep.push("#".into());
    bench.world.ticket = 3;
    bench.publish(&from, &message("a", 2, 7, "x"));
    bench.lose(&mut from, Lost::ByPeer);
    assert!(bench.read(&mut to).is_empty());
    bench.durable(3, None);
    assert_eq!(bench.read(&mut to), ["a q2 #1 x"]);
}

#[test]
fn pubrel_may_come_before_the_log_answers() {
    for again in [false, true] {
        let (mut bench, mut from, mut to) = pair(V5);
        bench.world.keep.push("#".into());
        bench.world.ticket = 3;
        bench.publish_exactly(&from, &message("a", 2, 7, "x"));
        if again {
            // The id is in use again by the time that the first one is on disk.
            bench.publish(&from, &message("a", 2, 7, "y"));
        }
        assert!(bench.read(&mut to).is_empty());
        bench.durable(3, None);
        assert_eq!(bench.read(&mut to), ["a q2 #1 x"]);
        bench.read(&mut from);
        bench.release(&from, 7);
        let second: &[&str] = if again { &["a q2 #2 y"] } else { &[] };
        assert_eq!(bench.read(&mut to), second);
        assert_eq!(replaced(&mut bench), 0);
    }
}

#[test]
fn one_that_is_denied_takes_nobodys_place() {
    let (mut bench, mut from, mut to) = pair(V5);
    bench
        .world
        .change("from", |rules| rules.no_publish.push("secret".into()));
    bench.publish(&from, &message("a", 2, 7, "x"));
    bench.publish(&from, &message("secret", 2, 7, "x"));
    assert_eq!(bench.read(&mut to), ["a q2 #1 x"]);
    assert_eq!(
        bench.read(&mut from).last().map(String::as_str),
        Some("CLOSED")
    );
    assert_eq!(replaced(&mut bench), 0);
}

#[test]
fn it_is_asked_again_whether_a_receiver_may_have_it() {
    let (mut bench, from, mut to) = pair(V5);
    bench.publish(&from, &message("a", 2, 7, "x"));
    bench
        .world
        .change("to", |rules| rules.no_receive.push("a".into()));
    bench.refresh();
    bench.release(&from, 7);
    assert!(bench.read(&mut to).is_empty());
}

#[test]
fn one_that_expires_meanwhile_goes_to_nobody() {
    let (mut bench, from, mut to) = pair(V5);
    let expiry = props(&[Property::MessageExpiryInterval(10)]);
    for id in [7, 8] {
        let publish = Publish {
            properties: expiry.as_properties(),
            ..message("a", 2, id, "x")
        };
        bench.publish(&from, &publish);
    }
    bench.tick(4_000);
    bench.release(&from, 7);
    bench.receive(&mut to, usize::MAX);
    // Property 2, four bytes.
    let left = to.unread.windows(5).any(|it| it == [2, 0, 0, 0, 6]);
    assert!(left, "six seconds are left: {:?}", to.unread);
    assert_eq!(bench.read(&mut to), ["a q2 #1 x"]);
    bench.tick(7_000);
    bench.release(&from, 8);
    assert!(bench.read(&mut to).is_empty());
    assert_eq!(bench.shards[0].counters().dropped_expired, 1);
}

#[test]
fn receivers_on_other_shards_wait_for_pubrel_as_well() {
    let mut bench = Bench::with(3, Limits::default());
    let from = bench.connect(V5, "from");
    let mut all: Vec<_> = (0..6)
        .map(|n| bench.connect(V5, &format!("to{n}")))
        .collect();
    for to in &mut all {
        bench.subscribe(to, "a", 2);
    }
    bench.publish(&from, &message("a", 2, 7, "x"));
    for to in &mut all {
        assert!(bench.read(to).is_empty());
    }
    bench.release(&from, 7);
    for to in &mut all {
        assert_eq!(bench.read(to), ["a q2 #1 x"]);
    }
}

/// Where too much waits, the next ones go out at once, and not before those that came first.
#[test]
fn what_waits_is_bounded() {
    let limits = Limits {
        queued_bytes_max: 64 << 20,
        ..Limits::default()
    };
    let mut bench = Bench::with_waiting(1, limits, 256 << 20);
    let mut from = bench.connect(V5, "from");
    let mut to = bench.connect(V5, "to");
    bench.subscribe(&mut to, "a", 0);
    let large = "l".repeat(1 << 17);
    let mut got = Vec::new();
    for n in 0..200_u16 {
        // No more than a session may have unacknowledged.
        if n % 20 == 0 {
            bench.read(&mut from);
            from = bench.connect(V5, &format!("from{n}"));
        }
        let payload = format!("{n} {large}");
        bench.publish(&from, &message("a", 2, n + 1, &payload));
        let numbers = |text: String| text.split(' ').nth(2).map(str::to_owned);
        got.extend(bench.read(&mut to).into_iter().filter_map(numbers));
        assert!(bench.shards[0].counters().unreleased_bytes <= 16 << 20);
    }
    assert!(got.len() > 60, "{got:?}");
    let first: u16 = got[0].parse().unwrap();
    assert!((110..128).contains(&first), "16 MB and no less: {first}");
    for pair in got.windows(2) {
        let [one, next] = [0, 1].map(|at| pair[at].parse::<u16>().unwrap());
        assert!(one < next, "{one} before {next}");
    }
}

/// A client of 3.1.1 may have 65,535 unreleased; no turn is to be kept busy with that many.
#[test]
fn what_waits_of_one_publisher_is_bounded() {
    let mut bench = Bench::new();
    let from = bench.connect(V3, "from");
    let mut to = bench.connect(V3, "to");
    bench.subscribe(&mut to, "a", 0);
    for id in 1..=1_000 {
        bench.publish(&from, &message("a", 2, id, "x"));
    }
    assert!(bench.read(&mut to).is_empty());
    bench.publish(&from, &message("a", 2, 1_001, "y"));
    let got = bench.read(&mut to);
    assert_eq!((got.len(), got[1_000].as_str()), (1_001, "a q0 y"));
    assert_eq!(bench.shards[0].counters().unreleased_bytes, 0);
    bench.publish(&from, &message("a", 2, 1_002, "z"));
    assert!(bench.read(&mut to).is_empty());
}
