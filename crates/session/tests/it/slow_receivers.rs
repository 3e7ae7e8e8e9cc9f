// SPDX-License-Identifier: Apache-2.0
//! Receivers that read or acknowledge slowly: the window, the queue, expiry, drops and the cut.

use hw_mqtt::*;
use hw_session::Limits;

use crate::bench::*;

fn small() -> Limits {
    Limits {
        inflight_messages_max: 3,
        out_buffer_bytes_max: 2_000,
        queued_bytes_max: 4_000,
        ..Limits::default()
    }
}

#[test]
fn no_more_are_out_than_either_side_takes() {
    for (version, receive_maximum, window) in [(V3, None, 3), (V5, None, 3), (V5, Some(2), 2)] {
        let mut bench = Bench::with(1, small());
        let maximum = receive_maximum.map(Property::ReceiveMaximum);
        let maximum = props(maximum.as_slice());
        let connect = Connect {
            properties: maximum.as_properties(),
            ..hello(version, "slow")
        };
        let mut client = bench.connect_as(&connect);
        bench.read(&mut client);
        bench.subscribe(&mut client, "x", 1);
        let publisher = bench.connect(V3, "p");
        for n in 1..=8 {
            bench.publish(&publisher, &message("x", 1, n, &n.to_string()));
        }
        bench.publish(&publisher, &message("x", 0, 0, "a QoS 0 one need not wait"));
        let got = bench.read(&mut client);
        assert_eq!(got.len(), window + 1, "{got:?}");
        let mut next = window + 1;
        for n in 1..=8u16 {
            bench.send(&client, |out| encode::puback(out, version, n, 0));
            bench.send(&client, |out| encode::puback(out, version, n, 0));
            for text in bench.read(&mut client) {
                assert_eq!(text, format!("x q1 #{next} {next}"));
                next += 1;
            }
        }
        assert_eq!(next, 9);
    }
}

#[test]
fn a_full_buffer_drops_qos_0_and_queues_qos_1() {
    for version in EVERY {
        let mut bench = Bench::with(1, small());
        let mut client = bench.connect(version, "slow");
        bench.subscribe(&mut client, "#", 1);
        let publisher = bench.connect(V3, "p");
        bench.world.news();
        let text = "x".repeat(90);
        for _ in 0..50 {
            bench.publish(&publisher, &message("zero", 0, 0, &text));
        }
        bench.publish(&publisher, &message("one", 1, 1, ""));
        let dropped = bench.shards[0].counters().dropped_buffer_full;
        assert!((25..32).contains(&dropped), "{dropped}");
        let cause =
            "slow deliver dropped: the receiver reads too slowly: QoS 0 messages are dropped";
        assert_eq!(
            bench.world.news(),
            [format!("{cause} [zero]")],
            "one event for the episode"
        );
        bench.receive(&mut client, 500);
        let got = packets(version, &mut client.unread);
        assert!(got.len() < 7 && got.iter().all(|text| text.starts_with("zero")));
        let got = bench.read(&mut client);
        assert_eq!(
            got.last().unwrap(),
            "one q1 #1 ",
            "it came as soon as there was room"
        );
        for _ in 0..50 {
            bench.publish(&publisher, &message("zero", 0, 0, &text));
        }
        assert_eq!(bench.world.news().len(), 1, "another episode");
    }
}

#[test]
fn who_leaves_too_much_waiting_is_cut_alone() {
    for version in EVERY {
        let mut bench = Bench::with(1, small());
        let mut slow = bench.connect(version, "slow");
        bench.subscribe(&mut slow, "x", 1);
        let mut good = bench.connect(version, "good");
        bench.subscribe(&mut good, "x", 1);
        let publisher = bench.connect(V3, "p");
        bench.world.news();
        let text = "x".repeat(200);
        for n in 1..=100 {
            bench.publish(&publisher, &message("x", 1, n, &text));
            assert_eq!(bench.read(&mut good).len(), 1);
            bench.send(&good, |out| encode::puback(out, version, n, 0));
        }
        let got = bench.read(&mut slow);
        let goodbye: &[&str] = if version == V5 {
            &["DISCONNECT 97", "CLOSED"]
        } else {
            &["CLOSED"]
        };
        assert_eq!(got[3..], *goodbye, "three were out");
        let cause = "slow disconnect closed: the receiver reads too slowly: too many bytes of messages of QoS 1 and 2 wait";
        assert_eq!(bench.world.news(), [cause]);
        assert_eq!(bench.shards[0].counters().slow_receivers, 1);
    }
}

#[test]
fn all_that_waits_is_bounded_and_the_slowest_are_cut() {
    let mut bench = Bench::with_waiting(1, Limits::default(), 100_000);
    let mut publisher = bench.connect(V3, "p");
    let mut slow: Vec<_> = (0..10)
        .map(|n| {
            let mut client = bench.connect(V5, &format!("s{n}"));
            bench.subscribe(&mut client, "all", 0);
            // The later ones hear more.
            bench.subscribe(&mut client, &format!("only/{n}"), 1);
            client
        })
        .collect();
    bench.world.news();
    let text = "x".repeat(6_000);
    bench.publish(&publisher, &message("all", 0, 0, &text));
    bench.nothing_leaves(&slow);
    assert!(bench.world.news().is_empty(), "there is room for that");
    assert!(bench.shards[0].counters().waiting_bytes >= 60_000);
    for n in [7, 3] {
        let topic = format!("only/{n}");
        bench.publish(&publisher, &message(&topic, 1, 1, &"x".repeat(30_000)));
    }
    bench.nothing_leaves(&slow);
    let news = bench.world.news();
    let cause = "disconnect closed: the receiver reads too slowly, and for all receivers together \
                 more than 100000 bytes wait";
    assert_eq!(news.len(), 2, "{news:?}");
    for name in ["s3", "s7"] {
        assert!(news.contains(&format!("{name} {cause}")), "{news:?}");
    }
    assert_eq!(bench.shards[0].counters().slow_receivers, 2);
    assert!(bench.shards[0].counters().waiting_bytes <= 100_000);
    for (n, client) in slow.iter_mut().enumerate() {
        let got = bench.read(client);
        match n {
            3 | 7 => assert_eq!(got, ["CLOSED"], "what it did not read is gone"),
            _ => assert_eq!(got.len(), 1),
        }
    }
    bench.read(&mut publisher);
    slow.push(publisher);
    bench.nothing_leaves(&slow);
    assert_eq!(bench.shards[0].counters().waiting_bytes, 0);
}

#[test]
fn a_queue_behind_an_empty_buffer_is_counted_as_it_grows() {
    for filter in ["x", "$share/g/x"] {
        let mut bench = Bench::with_waiting(1, Limits::default(), 100_000);
        let publisher = bench.connect(V3, "p");
        let maximum = props(&[Property::ReceiveMaximum(1)]);
        let connect = Connect {
            properties: maximum.as_properties(),
            ..hello(V5, "silent")
        };
        let mut silent = bench.connect_as(&connect);
        bench.read(&mut silent);
        bench.subscribe(&mut silent, filter, 1);
        let text = "x".repeat(10_000);
        for n in 1..=20 {
            bench.publish(&publisher, &message("x", 1, n, &text));
            bench.read(&mut silent);
        }
        // It had no turn to write since the first one was out.
        bench.nothing_leaves(&[]);
        assert_eq!(bench.shards[0].counters().slow_receivers, 1, "{filter}");
        assert!(bench.shards[0].counters().waiting_bytes < 100_000);
    }
}

#[test]
fn who_is_cut_for_all_goes_on_with_what_its_session_is_owed() {
    let mut bench = Bench::with_waiting(1, Limits::default(), 20_000);
    let expires = props(&[Property::SessionExpiryInterval(1_000)]);
    let lasting = Connect {
        clean_start: false,
        properties: expires.as_properties(),
        ..hello(V5, "m1")
    };
    let publisher = bench.connect(V3, "p");
    let mut client = bench.connect_as(&lasting);
    bench.calm();
    bench.read(&mut client);
    bench.subscribe_with(
        &mut client,
        &[("a", SubscribeOptions::at(Qos::AtLeastOnce))],
        &[],
    );
    bench.calm();
    bench.read(&mut client);
    for n in 1..=5 {
        let text = format!("{n} {}", "x".repeat(6_000));
        bench.publish(&publisher, &message("a", 1, n, &text));
    }
    let mut all = vec![client];
    bench.nothing_leaves(&all);
    assert_eq!(bench.read(&mut all[0]), ["CLOSED"]);
    bench.calm();
    let mut client = bench.connect_as(&lasting);
    bench.calm();
    let got = bench.read(&mut client);
    assert_eq!(got[0], "CONNACK 00 present");
    let numbers: Vec<_> = got[1..].iter().map(|text| text.split(' ').nth(3)).collect();
    assert_eq!(numbers, ["1", "2", "3", "4", "5"].map(Some), "{got:?}");
}

#[test]
fn what_waits_expires_and_the_rest_of_the_interval_is_told() {
    for version in EVERY {
        let limits = Limits {
            inflight_messages_max: 1,
            ..Limits::default()
        };
        let mut bench = Bench::with(1, limits);
        let mut client = bench.connect(version, "slow");
        let options = [("x", SubscribeOptions::at(Qos::AtLeastOnce))];
        let id = [Property::SubscriptionIdentifier(4)];
        bench.subscribe_with(&mut client, &options, if version == V5 { &id } else { &[] });
        let publisher = bench.connect(V5, "p");
        for (n, seconds) in [(1, 60), (2, 10), (3, 60), (4, 10)] {
            let expiry = props(&[Property::MessageExpiryInterval(seconds)]);
            let text = n.to_string();
            let message = message("x", 1, n, &text);
            bench.publish(
                &publisher,
                &Publish {
                    properties: expiry.as_properties(),
                    ..message
                },
            );
        }
        bench.read(&mut client);
        bench.millis += 10_500;
        bench.send(&client, |out| encode::puback(out, version, 1, 0));
        bench.receive(&mut client, usize::MAX);
        let got = packet::publish::decode(version, &client.unread).unwrap();
        assert_eq!((got.payload, got.packet_id), (&b"3"[..], 3), "2 had its id");
        if version == V5 {
            assert_eq!(got.properties.message_expiry_interval(), Some(50));
            assert_eq!(got.properties.subscription_identifier(), Some(4));
        }
        client.unread.clear();
        bench.send(&client, |out| encode::puback(out, version, 3, 0));
        assert!(bench.read(&mut client).is_empty());
        assert_eq!(bench.shards[0].counters().dropped_expired, 2);
    }
}

#[test]
fn who_asks_and_does_not_read_the_answers_is_cut() {
    for version in EVERY {
        let mut bench = Bench::with(
            1,
            Limits {
                packet_bytes_max: 1_000,
                ..small()
            },
        );
        let mut client = bench.connect(version, "deaf");
        bench.world.news();
        let pings = [0xC0, 0].repeat(500);
        for _ in 0..100 {
            bench.input(&client, &pings);
            let output = bench.shards[0].output(client.slot).unwrap();
            assert!(output.unsent().len() < 21_000);
        }
        let got = bench.read(&mut client);
        assert!(got.len() > 9_000 && got[8_999] == "PINGRESP" && got.last().unwrap() == "CLOSED");
        let cause =
            "deaf disconnect closed: the receiver reads too slowly: too many bytes of answers wait";
        assert_eq!(bench.world.news(), [cause]);
    }
}
