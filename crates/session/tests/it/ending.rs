// SPDX-License-Identifier: Apache-2.0
//! Ends: DISCONNECT, lost sockets, keep-alive, broken rules, shutdown, a peer that does not close.

use std::time::Duration;

use hw_mqtt::*;
use hw_session::{Close, Lost};

use crate::bench::*;

#[test]
fn a_client_that_leaves_is_gone_at_once() {
    for version in EVERY {
        let mut bench = Bench::new();
        let mut client = bench.connect(version, "a");
        bench.subscribe(&mut client, "x", 0);
        bench.world.news();
        bench.send(&client, |out| {
            encode::disconnect(out, version, 0);
            encode::pingreq(out);
        });
        assert!(bench.world.tree.is_empty());
        assert_eq!(
            bench.read(&mut client),
            ["CLOSED"],
            "nothing is answered after it"
        );
        assert_eq!(
            bench.world.news(),
            ["a disconnect closed: the client disconnected"]
        );
        assert_eq!(
            bench.input(&client, b"\xC0\0"),
            2,
            "a slot that is gone takes everything"
        );
    }
}

#[test]
fn the_client_may_say_why_but_not_raise_its_expiry() {
    let mut bench = Bench::new();
    let client = bench.connect(V5, "a");
    bench.send(&client, |out| encode::disconnect(out, V5, 0x04));
    assert!(
        bench
            .world
            .news()
            .pop()
            .unwrap()
            .ends_with("Disconnect with Will Message")
    );
    let mut client = bench.connect(V5, "b");
    let expiry = props(&[Property::SessionExpiryInterval(9)]);
    let goodbye = Disconnect {
        reason: 0,
        properties: expiry.as_properties(),
    };
    bench.send(&client, |out| {
        encode::disconnect_with(out, V5, &goodbye).unwrap()
    });
    assert_eq!(bench.read(&mut client), ["DISCONNECT 82", "CLOSED"]);
}

#[test]
fn a_lost_socket_is_an_event_with_its_cause() {
    let mut bench = Bench::new();
    for (cause, event) in [
        (Lost::ByPeer, "connection lost: closed without DISCONNECT"),
        (Lost::Error("reset".into()), "connection lost: reset"),
    ] {
        let mut client = bench.connect(V3, "a");
        bench.subscribe(&mut client, "x", 0);
        bench.world.news();
        bench.lose(&mut client, cause);
        assert_eq!(
            bench.world.news(),
            [format!("a disconnect closed: {event}")]
        );
        assert!(bench.world.tree.is_empty());
        assert!(bench.shards[0].output(client.slot).is_none());
        bench.lose(&mut client, Lost::Closed);
        assert!(bench.world.news().is_empty(), "twice does no harm");
    }
}

#[test]
fn a_publisher_that_is_not_read_is_not_judged() {
    let mut bench = Bench::new();
    let connect = |name| Connect {
        keep_alive_seconds: 10,
        ..hello(V5, name)
    };
    let mut publisher = bench.connect_as(&connect("publisher"));
    let mut listener = bench.connect_as(&connect("listener"));
    bench.read(&mut publisher);
    bench.read(&mut listener);
    let waits = |bench: &Bench, client: &Client| bench.shards[0].may_publish(client.slot);
    assert!(waits(&bench, &listener), "nobody knows yet");
    bench.subscribe(&mut listener, "b", 0);
    bench.subscribe(&mut publisher, "b", 0);
    bench.publish(&publisher, &message("a", 0, 0, "x"));
    assert!(waits(&bench, &publisher) && !waits(&bench, &listener));
    for _ in 0..30 {
        let now = bench.now();
        bench.shards[0].publishers_wait(now);
        bench.tick(900);
    }
    assert!(bench.read(&mut publisher).is_empty());
    let gone = bench.read(&mut listener);
    assert_eq!(
        gone,
        ["DISCONNECT 8d", "CLOSED"],
        "it was read all the time"
    );
    // What it sent meanwhile is read when the pause is over.
    bench.send(&publisher, encode::pingreq);
    assert_eq!(bench.read(&mut publisher), ["PINGRESP"]);
    bench.tick(14_000);
    assert!(bench.read(&mut publisher).is_empty());
    bench.tick(1_300);
    let gone = bench.read(&mut publisher);
    assert_eq!(gone, ["DISCONNECT 8d", "CLOSED"]);
}

#[test]
fn keep_alive_is_one_and_a_half_times_and_any_packet_counts() {
    for version in EVERY {
        let mut bench = Bench::new();
        let connect = Connect {
            keep_alive_seconds: 10,
            ..hello(version, "a")
        };
        let mut client = bench.connect_as(&connect);
        let mut quiet = bench.connect(version, "quiet");
        bench.read(&mut client);
        bench.read(&mut quiet);
        for _ in 0..20 {
            assert!(bench.tick(14_000).is_some());
            bench.send(&client, encode::pingreq);
            assert_eq!(bench.read(&mut client), ["PINGRESP"]);
        }
        bench.tick(14_999);
        assert!(bench.read(&mut client).is_empty());
        bench.input(&client, b"\xC0");
        let wait = bench.tick(0).unwrap();
        assert!(wait <= Duration::from_millis(251), "{wait:?}");
        bench.tick(251);
        let mut expected = vec!["CLOSED"];
        if version == V5 {
            expected.insert(0, "DISCONNECT 8d");
        }
        assert_eq!(bench.read(&mut client), expected, "half a packet is none");
        bench.tick(1_000_000);
        assert!(bench.read(&mut quiet).is_empty(), "keep-alive 0 is off");
        assert_eq!(bench.tick(0), None, "and nothing waits for time");
    }
}

#[test]
fn broken_rules_are_told_in_5_and_close_both() {
    for (bytes, code, cause) in [
        (
            &b"\x10\x0D\0\x04MQTT\x04\x02\0\x3C\0\x01m"[..],
            "82",
            "a second CONNECT",
        ),
        (b"\x20\x02\0\0", "82", "CONNACK comes from servers only"),
        (b"\x90\x03\0\x01\0", "82", "SUBACK comes from servers only"),
        (b"\x82\x02\0\x01", "8", "no topic filter"),
        (b"\x36\x05\0\x01x\0\x01", "81", "reserved"),
        (b"\x32\x05\0\x01x\0\0", "82", "identifier is 0"),
        (b"\x30\x03\0\x01+", "8", "wildcard"),
        (b"\x30\x03\0\x01\xFF", "81", "UTF-8"),
        (b"\0\0", "82", "reserved"),
        (b"\x30\xFF\xFF\xFF\x7F", "95", "at most"),
    ] {
        for version in EVERY {
            if version == V5 && bytes[0] == 0x82 {
                continue; // In MQTT 5 these bytes end before the properties.
            }
            let mut bench = Bench::new();
            let mut client = bench.connect(version, "a");
            bench.world.news();
            bench.input(&client, bytes);
            let got = bench.read(&mut client);
            assert_eq!(
                got.last().map(String::as_str),
                Some("CLOSED"),
                "{cause} {bytes:?}"
            );
            if version == V5 {
                assert!(
                    got[0].starts_with(&format!("DISCONNECT {code}")),
                    "{got:?} {cause}"
                );
            }
            let news = bench.world.news();
            assert!(
                news.len() == 1 && news[0].starts_with("a packet refused: "),
                "{news:?}"
            );
            assert!(news[0].contains(cause), "{news:?} {cause}");
            assert_eq!(bench.shards[0].counters().protocol_errors, 1);
        }
    }
    let mut bench = Bench::new();
    let mut client = bench.connect(V5, "a");
    bench.input(&client, b"\xF0\0");
    assert_eq!(bench.read(&mut client), ["DISCONNECT 82", "CLOSED"]);
    let mut client = bench.connect(V5, "a");
    bench.input(&client, b"\x30\xFF\xFF\xFF\xFF");
    assert_eq!(
        bench.read(&mut client),
        ["CLOSED"],
        "no packet border is left to answer at"
    );
}

#[test]
fn an_end_comes_after_what_was_written_before() {
    let mut bench = Bench::new();
    let mut client = bench.connect(V5, "a");
    bench.subscribe(&mut client, "x", 0);
    let mut bytes = Vec::new();
    encode::publish(
        &mut bytes,
        V5,
        &message("x", 1, 1, "m"),
        &Default::default(),
    )
    .unwrap();
    bytes.extend_from_slice(b"\x20\x02\0\0");
    bench.input(&client, &bytes);
    let expected = ["PUBACK 1 00", "x q0 m", "DISCONNECT 82", "CLOSED"];
    assert_eq!(bench.read(&mut client), expected);
}

#[test]
fn a_peer_that_does_not_read_its_end_is_closed_anyway() {
    let mut bench = Bench::new();
    let client = bench.connect(V5, "a");
    bench.input(&client, b"\0\0");
    let mut dirty = Vec::new();
    bench.shards[0].dirty(&mut dirty);
    assert_eq!(dirty, [client.slot]);
    let close = |bench: &Bench| {
        let output = bench.shards[0].output(client.slot).unwrap();
        (output.close(), output.wants_close())
    };
    assert_eq!(close(&bench), (Close::AfterFlush, false));
    bench.tick(2_999);
    assert_eq!(close(&bench), (Close::AfterFlush, false));
    bench.tick(252);
    assert_eq!(close(&bench), (Close::Now, true));
    bench.shards[0].dirty(&mut dirty);
    assert_eq!(dirty, [client.slot, client.slot], "the loop is told");
}

#[test]
fn shutdown_says_goodbye() {
    let mut bench = Bench::new();
    let (mut five, mut three) = (bench.connect(V5, "a"), bench.connect(V3, "b"));
    let now = bench.now();
    bench.shards[0].shutdown(&mut bench.world, now);
    assert_eq!(bench.read(&mut five), ["DISCONNECT 8b", "CLOSED"]);
    assert_eq!(bench.read(&mut three), ["CLOSED"]);
    assert_eq!(bench.shards[0].counters().connections, 0);
}

#[test]
fn who_does_not_ask_for_words_gets_none() {
    let mut bench = Bench::new();
    let asks = |words| props(&[Property::RequestProblemInformation(words)]);
    for properties in [PropertyBuf::new(), asks(false)] {
        let connect = Connect {
            properties: properties.as_properties(),
            ..hello(V5, "a")
        };
        let mut client = bench.connect_as(&connect);
        bench.read(&mut client);
        bench.input(&client, b"\x20\x02\0\0");
        bench.receive(&mut client, usize::MAX);
        assert_eq!(client.unread, [0xE0, 1, 0x82]);
    }
}

#[test]
fn a_ping_with_a_body_gets_no_answer() {
    for ping in [b"\xC0\x01\0", b"\xD0\x01\0"] {
        let mut bench = Bench::new();
        let mut client = bench.connect(V5, "a");
        bench.input(&client, ping);
        assert_eq!(bench.read(&mut client), ["CLOSED"]);
    }
}

#[test]
fn the_words_of_a_goodbye_keep_to_the_size_that_the_client_takes() {
    let mut bench = Bench::new();
    let small = props(&[
        Property::MaximumPacketSize(50),
        Property::RequestProblemInformation(true),
    ]);
    let connect = Connect {
        properties: small.as_properties(),
        ..hello(V5, "a")
    };
    let mut client = bench.connect_as(&connect);
    bench.read(&mut client);
    bench.publish(
        &client,
        &Publish {
            retain: true,
            ..message("$y", 0, 0, "")
        },
    );
    bench.receive(&mut client, usize::MAX);
    let goodbye = packet::disconnect::decode(V5, &client.unread).unwrap();
    let words = goodbye.properties.reason_string();
    assert_eq!(words, Some("nothing is retained on a $ topic"));
    client.unread.clear();
    let mut client = bench.connect_as(&connect);
    bench.read(&mut client);
    bench.publish(&client, &message("$SYS/x", 0, 0, ""));
    bench.receive(&mut client, usize::MAX);
    assert_eq!(client.unread, [0xE0, 1, 0x87], "these words were too many");
}
