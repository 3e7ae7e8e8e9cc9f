// SPDX-License-Identifier: Apache-2.0
//! Messages from publishers to subscribers, on one shard and over two.

use hw_mqtt::{Qos, Version};

use crate::client::{Got, publish_packet, subscribe_packet};
use crate::house::House;

#[test]
fn a_message_reaches_whom_it_should_on_one_and_two_shards() {
    for shards in [1, 2] {
        let house = House::new(shards);
        let mut subscribers: Vec<_> = (0..6)
            .map(|n| {
                let mut one = house.connect(&format!("subscriber-{n}"));
                let filter = if n % 2 == 0 { "a/+" } else { "a/b" };
                assert_eq!(one.subscribe(filter, Qos::AtLeastOnce), 1);
                one
            })
            .collect();
        let mut publisher = house.connect_as("anonymous", Version::V5, "publisher");
        publisher.publish("a/b", b"hello", 3);
        publisher.publish("other", b"", 0);
        assert_eq!(publisher.next(), Got::PubAck(3, 0));
        for one in &mut subscribers {
            assert_eq!(
                one.next(),
                Got::Publish("a/b".into(), b"hello".to_vec(), 1, 1)
            );
        }
        publisher.ping();
        let status = house.broker.status();
        assert_eq!((status.connections(), status.subscriptions), (7, 6));
        assert_eq!(status.sum(|counters| counters.messages_delivered), 6);
    }
}

#[test]
fn order_holds_between_two_shards_in_both_directions() {
    let house = House::new(2);
    let mut pairs: Vec<_> = (0..8)
        .map(|n| {
            let mut to = house.connect(&format!("to-{n}"));
            to.subscribe(&format!("pair/{n}"), Qos::AtMostOnce);
            (house.connect(&format!("from-{n}")), to)
        })
        .collect();
    for round in 0..200u32 {
        for (n, (from, _)) in pairs.iter_mut().enumerate() {
            let topic = format!("pair/{n}");
            let mut packets = Vec::new();
            for part in 0..5 {
                let number = (round * 5 + part).to_be_bytes();
                packets.extend(publish_packet(Version::V311, &topic, &number, 0));
            }
            from.send(&packets);
        }
    }
    for (n, (_, to)) in pairs.iter_mut().enumerate() {
        for number in 0..1_000u32 {
            let wanted = (format!("pair/{n}"), number.to_be_bytes().to_vec());
            assert_eq!(to.message(), wanted);
        }
    }
}

#[test]
fn packets_cut_anywhere_and_larger_than_the_read_buffer() {
    let house = House::new(1);
    let mut subscriber = house.connect("to");
    subscriber.subscribe("#", Qos::AtMostOnce);
    let mut publisher = house.connect("from");
    let small = publish_packet(Version::V311, "cut", b"0123456789", 0);
    for cut in 1..small.len() {
        publisher.send(&small[..cut]);
        // A second connection's round trip: the shard has read the first part by then.
        subscriber.send(b"\xC0\0");
        assert_eq!(subscriber.next(), Got::Pong);
        publisher.send(&small[cut..]);
        assert_eq!(subscriber.message().0, "cut");
    }
    let payload: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
    let large = publish_packet(Version::V311, "large", &payload, 9);
    let both = [large, small].concat();
    for part in both.chunks(33_333) {
        publisher.send(part);
    }
    assert_eq!(subscriber.message(), ("large".to_owned(), payload));
    assert_eq!(subscriber.message().0, "cut");
    assert_eq!(publisher.next(), Got::PubAck(9, 0));
}

#[test]
fn what_came_with_the_connect_is_not_lost() {
    let house = House::new(1);
    let rest = [
        subscribe_packet(Version::V311, 5, "me/#", Qos::AtMostOnce),
        publish_packet(Version::V311, "me/x", b"early", 6),
        b"\xC0".to_vec(),
    ];
    let mut client = house.dial("anonymous", Version::V311, "early", &rest.concat());
    assert_eq!(client.next(), Got::ConnAck(0));
    assert_eq!(client.next(), Got::SubAck(5, vec![0]));
    assert_eq!(client.message(), ("me/x".into(), b"early".to_vec()));
    assert_eq!(client.next(), Got::PubAck(6, 0));
    client.send(b"\0");
    assert_eq!(client.next(), Got::Pong);
}

#[test]
fn no_wake_up_is_lost_between_sleepy_shards() {
    let house = House::new(3);
    std::thread::scope(|scope| {
        for pair in 0..4 {
            let house = &house;
            scope.spawn(move || {
                let (mut here, mut there) = (
                    house.connect(&format!("here-{pair}")),
                    house.connect(&format!("there-{pair}")),
                );
                here.subscribe(&format!("back/{pair}"), Qos::AtMostOnce);
                there.subscribe(&format!("forth/{pair}"), Qos::AtMostOnce);
                for round in 0..1_500u32 {
                    here.publish(&format!("forth/{pair}"), &round.to_be_bytes(), 0);
                    assert_eq!(there.message().1, round.to_be_bytes());
                    there.publish(&format!("back/{pair}"), &round.to_be_bytes(), 0);
                    assert_eq!(here.message().1, round.to_be_bytes());
                }
            });
        }
    });
    let shards = house.broker.status().shards;
    let in_place: u64 = shards.iter().map(|shard| shard.loops.turns_in_place).sum();
    assert!(
        in_place > 0,
        "some turns run in the place of a sleeping shard"
    );
}
