// SPDX-License-Identifier: Apache-2.0
//! Acknowledged means durable: what the Log has not confirmed is not acknowledged.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpStream;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hw_broker::{BrokerConfig, Keep, Limits};
use hw_kernel::port::log::LogError;
use hw_model::AccountId;
use hw_mqtt::{Qos, Version};

use crate::client::{Client, Got, publish_packet};
use crate::house::House;

#[test]
fn delivered_at_once_and_acknowledged_when_it_is_on_disk() {
    let house = House::new(1);
    let mut subscriber = house.connect("to");
    subscriber.subscribe("a", Qos::AtMostOnce);
    let mut publisher = house.connect("from");
    house.log.hold();
    publisher.publish("a", b"1", 1);
    publisher.publish("a", b"2", 2);
    assert_eq!(subscriber.message().1, b"1");
    assert_eq!(subscriber.message().1, b"2");
    publisher.expect_silence(Duration::from_millis(100));
    let kept = house.log.wait_for(2);
    assert_eq!(
        kept,
        [("a".into(), b"1".to_vec()), ("a".into(), b"2".to_vec())]
    );
    house.log.release();
    assert_eq!(
        (publisher.next(), publisher.next()),
        (Got::PubAck(1, 0), Got::PubAck(2, 0))
    );
}

#[test]
fn a_full_disk_is_told_and_a_failed_one_ends_the_connection() {
    let house = House::new(1);
    let mut newer = house.connect_as("anonymous", Version::V5, "newer");
    house.log.fail(Some(LogError::Full));
    newer.publish("a", b"1", 1);
    assert_eq!(newer.next(), Got::PubAck(1, 0x97));
    house.log.fail(None);
    newer.publish("a", b"2", 2);
    assert_eq!(
        newer.next(),
        Got::PubAck(2, 0x10),
        "later ones may be kept again, and nobody subscribed"
    );
    let mut older = house.connect("older");
    house.log.fail(Some(LogError::Failed("I/O error".into())));
    older.publish("a", b"3", 3);
    assert_eq!(older.next(), Got::Closed);
    house
        .events
        .wait_for_cause("publish", "refused", "writing failed");
}

#[test]
fn only_what_is_kept_touches_the_log() {
    let filters = BTreeMap::from([(AccountId::FIRST, vec!["kept/#".to_owned()])]);
    let keep = Keep::Filters(filters);
    let house = House::with(BrokerConfig {
        shards: 1,
        keep,
        ..BrokerConfig::default()
    });
    house.log.hold();
    let mut publisher = house.connect("from");
    publisher.publish("free", b"", 1);
    assert_eq!(publisher.next(), Got::PubAck(1, 0));
    publisher.publish("kept/x", b"", 0);
    assert_eq!(house.log.wait_for(1)[0].0, "kept/x");
}

/// A shard whose publishers wait while more than that is not on disk.
fn waiting_at_most(log_waiting_bytes_max: usize) -> House {
    let limits = Limits {
        log_waiting_bytes_max,
        ..Limits::default()
    };
    House::with(BrokerConfig {
        shards: 1,
        limits,
        ..BrokerConfig::default()
    })
}

/// Publishes so many messages of 500 bytes and more at full speed; each begins with its number.
fn flood(from: &Client<TcpStream>, count: u32) -> JoinHandle<()> {
    let mut sender = from.socket.try_clone().expect("a second handle");
    std::thread::spawn(move || {
        for number in 0..count {
            let payload = [&number.to_be_bytes()[..], &[0; 500]].concat();
            let packet = publish_packet(Version::V311, "a", &payload, 0);
            sender
                .write_all(&packet)
                .expect("the server reads in the end");
        }
    })
}

#[test]
fn a_log_that_is_behind_pauses_reading_and_nothing_is_lost() {
    let house = waiting_at_most(10_000);
    house.log.hold();
    let mut publisher = house.connect("from");
    let writer = flood(&publisher, 6_000);
    let early = house.log.wait_for(1).len();
    std::thread::park_timeout(Duration::from_millis(300));
    let waiting = house.broker.status().shards[0].log_waiting_bytes;
    assert!(
        waiting < 300_000,
        "{waiting} bytes wait, {early} messages came early"
    );
    house.log.release();
    writer.join().expect("it has written all");
    publisher.ping();
    let kept = house.log.wait_for(6_000);
    let order = kept
        .iter()
        .zip(0u32..)
        .all(|(kept, n)| kept.1[..4] == n.to_be_bytes());
    assert!(order && kept.len() == 6_000);
}

#[test]
fn who_only_listens_is_read_while_publishers_wait() {
    let house = waiting_at_most(1_000);
    let mut listener = house.connect("listener");
    listener.subscribe("b", Qos::AtMostOnce);
    house.log.hold();
    let mut publisher = house.connect("from");
    publisher.publish("a", &[0; 2_000], 0);
    house.log.wait_for(1);
    listener.ping();
    publisher.publish("a", b"second", 0);
    listener.ping();
    assert_eq!(house.log.wait_for(1).len(), 1, "its publisher waits");
    house.log.release();
    house.log.wait_for(2);
}

#[test]
fn who_sends_little_is_read_while_a_flood_waits() {
    let house = waiting_at_most(1_000_000);
    let mut listener = house.connect("listener");
    listener.subscribe("meter", Qos::AtMostOnce);
    let mut meter = house.connect("meter");
    let from = house.connect("flood");
    house.log.hold();
    let writer = flood(&from, 10_000);
    let is_paused = || {
        let shard = &house.broker.status().shards[0];
        shard.log_waiting_bytes > 1_000_000 && shard.loops.turns_paused > 0
    };
    let begun = Instant::now();
    while !is_paused() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it never waits");
        std::thread::park_timeout(Duration::from_millis(5));
    }
    for value in [b"12.5", b"12.6"] {
        meter.publish("meter", value, 0);
        assert_eq!(listener.message().1, value);
    }
    let waiting = house.broker.status().shards[0].log_waiting_bytes;
    assert!(waiting < 2_000_000, "{waiting} bytes wait");
    house.log.release();
    writer.join().expect("it has written all");
}

#[test]
fn shutdown_waits_for_the_log_and_tells_the_clients() {
    let house = House::new(2);
    house.log.hold();
    let mut older = house.connect("older");
    let mut newer = house.connect_as("anonymous", Version::V5, "newer");
    older.publish("a", b"1", 1);
    house.log.wait_for(1);
    let (broker, log) = (house.broker.clone(), house.log.clone());
    let ending = std::thread::spawn(move || broker.shutdown());
    assert_eq!(newer.next(), Got::Disconnect(0x8B));
    log.release();
    assert_eq!(
        (older.next(), older.next()),
        (Got::PubAck(1, 0), Got::Closed)
    );
    ending.join().expect("it ends");
}
