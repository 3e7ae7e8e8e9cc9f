// SPDX-License-Identifier: Apache-2.0
//! Receivers that do not read: bounded memory, and nobody else suffers.

use std::time::{Duration, Instant};

use hw_broker::{BrokerConfig, Keep, Limits, SessionLimits};
use hw_mqtt::{Qos, Version};

use crate::client::{Got, publish_packet};
use crate::house::House;

fn config(shards: u16) -> BrokerConfig {
    let session = SessionLimits {
        out_buffer_bytes_max: 256 << 10,
        queued_bytes_max: 256 << 10,
        ..SessionLimits::default()
    };
    let limits = Limits {
        ring_bytes_max: 256 << 10,
        ..Limits::default()
    };
    BrokerConfig {
        shards,
        session,
        limits,
        keep: Keep::Off,
        ..BrokerConfig::default()
    }
}

#[test]
fn a_stopped_reader_costs_bounded_memory_and_delays_nobody() {
    for shards in [1, 2] {
        let house = House::with(config(shards));
        let mut stopped = house.connect("stopped");
        stopped.subscribe("flood", Qos::AtMostOnce);
        let mut healthy = house.connect("healthy");
        healthy.subscribe("flood", Qos::AtMostOnce);
        let mut publisher = house.connect("publisher");
        let before = resident_bytes();
        let packet = publish_packet(Version::V311, "flood", &[7; 10_000], 0);
        for _ in 0..4_000 {
            publisher.send(&packet);
            assert_eq!(healthy.message().1.len(), 10_000);
        }
        // 40 MB were published; the stopped reader may hold its buffer and the kernel's.
        let grown = resident_bytes().saturating_sub(before);
        assert!(grown < 24 << 20, "{grown} bytes more");
        let dropped = house
            .broker
            .status()
            .sum(|counters| counters.dropped_buffer_full);
        assert!(dropped > 500, "{dropped}");
        house
            .events
            .wait_for_cause("deliver", "dropped", "too slowly");
        // It reads again: what was buffered arrives whole, and then what is new.
        publisher.send(&publish_packet(Version::V311, "flood", b"last", 0));
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let (_, payload) = stopped.message();
            if payload == b"last" {
                break;
            }
            assert_eq!(payload, [7; 10_000]);
            assert!(Instant::now() < until);
            publisher.send(&publish_packet(Version::V311, "flood", b"last", 0));
        }
    }
}

#[test]
fn a_receiver_of_qos_1_that_never_acknowledges_is_cut() {
    let house = House::with(config(2));
    let mut stopped = house.connect("stopped");
    stopped.subscribe("flood", Qos::AtLeastOnce);
    let mut publisher = house.connect("publisher");
    for number in 0..4_000u16 {
        publisher.publish("flood", &[7; 1_000], number + 1);
        assert_eq!(publisher.next(), Got::PubAck(number + 1, 0));
    }
    house
        .events
        .wait_for_cause("disconnect", "closed", "too slowly");
    assert_eq!(house.broker.status().connections(), 1);
}

#[test]
fn a_flood_to_many_on_another_shard_arrives_whole() {
    let house = House::with(config(2));
    let mut readers: Vec<_> = (0..40)
        .map(|n| {
            let mut one = house.connect(&format!("reader-{n}"));
            one.subscribe("wide", Qos::AtMostOnce);
            one.socket
                .try_clone()
                .expect("a handle")
                .set_nonblocking(false)
                .expect("blocking");
            one
        })
        .collect();
    let mut publisher = house.connect("publisher");
    for round in 0..30u8 {
        let packets: Vec<u8> = (0..20)
            .flat_map(|_| publish_packet(Version::V311, "wide", &[round; 500], 0))
            .collect();
        publisher.send(&packets);
        for one in &mut readers {
            for _ in 0..20 {
                assert_eq!(one.message().1, [round; 500]);
            }
        }
    }
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    pages.expect("a number") * 4_096
}
