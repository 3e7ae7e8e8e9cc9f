// SPDX-License-Identifier: Apache-2.0
//! How bytes are cut into reads makes no difference: at every byte, and all at once.

use hw_mqtt::*;

use crate::bench::*;

/// A life of a connection as one run of bytes.
fn life(version: Version) -> Vec<u8> {
    let mut out = Vec::new();
    let q1 = SubscribeOptions::at(Qos::AtLeastOnce);
    let id = props(if version == V5 {
        &[Property::SubscriptionIdentifier(9)]
    } else {
        &[]
    });
    encode::subscribe(
        &mut out,
        version,
        1,
        id.as_properties(),
        [("a/#", q1), ("b", q1)],
    )
    .unwrap();
    let list = props(&[Property::ContentType("t"), Property::TopicAlias(1)]);
    for n in 1..4 {
        let plain = message("a/b", (n % 2) as u8, (n % 2) * n, "hello");
        let sent = Publish {
            properties: list.as_properties(),
            ..plain
        };
        let extra = encode::PublishExtra {
            topic_alias: Some(1),
            ..Default::default()
        };
        encode::publish(&mut out, version, &sent, &extra).unwrap();
    }
    encode::puback(&mut out, version, 1, 0);
    encode::pingreq(&mut out);
    encode::unsubscribe(&mut out, version, 2, Properties::EMPTY, ["b"]).unwrap();
    encode::publish(
        &mut out,
        version,
        &message("b", 1, 8, "m"),
        &Default::default(),
    )
    .unwrap();
    encode::disconnect(&mut out, version, 0);
    out
}

/// Gives the bytes in pieces, as a loop does that keeps what is not consumed.
fn run(version: Version, pieces: &[&[u8]]) -> (Vec<String>, Vec<String>) {
    let mut bench = Bench::new();
    let mut client = bench.connect(version, "a");
    let mut kept: Vec<u8> = Vec::new();
    for piece in pieces {
        kept.extend_from_slice(piece);
        let done = bench.input(&client, &kept);
        kept.drain(..done);
        bench.pass();
    }
    (bench.read(&mut client), bench.world.news())
}

#[test]
fn cut_anywhere_it_is_the_same() {
    for version in EVERY {
        let bytes = life(version);
        let whole = run(version, &[&bytes]);
        assert!(
            whole.0.len() >= 8 && whole.0.last().unwrap() == "CLOSED",
            "{whole:?}"
        );
        for at in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(at);
            assert_eq!(run(version, &[head, tail]), whole, "cut at {at}");
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(run(version, &single), whole);
    }
}

#[test]
fn cut_off_anywhere_it_is_a_beginning_of_the_same() {
    for version in EVERY {
        let bytes = life(version);
        let whole = run(version, &[&bytes]).0;
        for at in 0..bytes.len() {
            let part = run(version, &[&bytes[..at]]).0;
            assert_eq!(part[..], whole[..part.len()], "cut off at {at}");
        }
    }
}
