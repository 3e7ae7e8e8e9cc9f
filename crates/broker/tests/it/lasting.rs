// SPDX-License-Identifier: Apache-2.0
//! Sessions that last, on a real log: over restarts, and over checkpoints that let the log's
//! beginning go.

use std::error::Error;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use hw_broker::CheckpointMarks;
use hw_kernel::Log;
use hw_kernel::port::clock::SystemClock;
use hw_kernel::port::log::Stream;
use hw_kernel::port::position::Position;
use hw_log::{SegmentLog, Settings};
use hw_mqtt::encode::{self, PublishExtra};
use hw_mqtt::{Connect, Properties, Publish, Qos, Version};

use crate::client::{Client, Got};
use crate::house::House;

pub(crate) const V3: Version = Version::V311;

pub(crate) fn open(dir: &Path) -> Arc<SegmentLog> {
    let settings = Settings {
        segment_bytes: 20_000,
        sync_gap: Duration::from_micros(100),
        ..Settings::default()
    };
    let log = SegmentLog::open(dir, settings, Arc::new(SystemClock::default()));
    Arc::new(log.expect("opens"))
}

pub(crate) fn come(house: &House, client_id: &str) -> Client {
    let connect = Connect {
        version: V3,
        bridge: false,
        clean_start: false,
        keep_alive_seconds: 60,
        client_id,
        will: None,
        user_name: None,
        password: None,
        properties: Properties::EMPTY,
    };
    let mut packet = Vec::new();
    encode::connect(&mut packet, &connect).expect("a CONNECT");
    let mut client = house.dial_with("anonymous", V3, client_id, packet, b"");
    assert_eq!(client.next(), Got::ConnAck(0));
    client
}

pub(crate) fn publish(client: &mut Client, topic: &str, payload: &str, id: u16, retain: bool) {
    let publish = Publish {
        dup: false,
        qos: Qos::AtLeastOnce,
        retain,
        topic,
        packet_id: id,
        properties: Properties::EMPTY,
        payload: payload.as_bytes(),
    };
    let mut packet = Vec::new();
    encode::publish(&mut packet, V3, &publish, &PublishExtra::default()).expect("a PUBLISH");
    client.send(&packet);
    assert_eq!(client.next(), Got::PubAck(id, 0));
}

pub(crate) fn take(client: &mut Client, count: usize) -> Vec<String> {
    let mut got = Vec::new();
    for _ in 0..count {
        match client.next() {
            Got::Publish(_, payload, 1, id) => {
                got.push(String::from_utf8(payload).expect("text"));
                let mut ack = Vec::new();
                encode::puback(&mut ack, V3, id, 0);
                client.send(&ack);
            }
            other => panic!("no PUBLISH but {other:?}"),
        }
    }
    got
}

fn numbers(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|it| it.to_string()).collect()
}

/// A session is owed 200 messages, has got 50 of them, and 20 are retained.
fn scene(house: &House) {
    let mut to = come(house, "to");
    assert_eq!(to.subscribe("owed/#", Qos::AtLeastOnce), 1);
    drop(to);
    let mut from = house.connect("from");
    let large = "x".repeat(400);
    for n in 0..200 {
        publish(&mut from, "owed/a", &n.to_string(), 1, false);
        publish(&mut from, "other", &large, 2, false);
        publish(
            &mut from,
            &format!("kept/{}", n % 20),
            &n.to_string(),
            3,
            true,
        );
    }
    let mut to = come(house, "to");
    assert_eq!(take(&mut to, 50), numbers(0..50));
    // What was acknowledged is worked off before the connection is gone.
    to.ping_among_messages();
}

fn check(house: &House) {
    let mut to = come(house, "to");
    let got = take(&mut to, 150);
    assert_eq!(got, numbers(50..200));
    let mut new = house.connect("new");
    assert_eq!(new.subscribe("kept/#", Qos::AtLeastOnce), 1);
    let mut kept = take(&mut new, 20);
    kept.sort_by_key(|it| it.parse::<u32>().expect("a number"));
    assert_eq!(kept, numbers(180..200));
}

#[tokio::test]
async fn a_restart_brings_them_back() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path());
    let house = House::on(log.clone(), 1);
    scene(&house);
    house.broker.shutdown();
    drop(house);
    log.close();
    drop(log);
    let house = House::on(open(dir.path()), 2);
    check(&house);
}

/// Remembers where checkpoints ended and how large the log was then; fails if it is told to.
struct Marks {
    log: Arc<SegmentLog>,
    ended: Mutex<Vec<(Position, u64)>>,
    fails: bool,
}

#[async_trait]
impl CheckpointMarks for Marks {
    async fn ended(&self, at: &Position) -> Result<(), Box<dyn Error + Send + Sync>> {
        if self.fails {
            return Err("no room".into());
        }
        let bytes = self.log.status().bytes;
        self.ended.lock().expect("whole").push((at.clone(), bytes));
        Ok(())
    }
}

/// A backup must know of each checkpoint that has let something go.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_checkpoint_is_noted_before_anything_goes() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path());
    let house = House::on(log.clone(), 1);
    tokio::task::block_in_place(|| scene(&house));
    let begun = log.end();
    for stream in [Stream::MESSAGES, Stream::EVENTS] {
        log.trim(stream, &begun).await.expect("trimmed");
    }
    let marks = |fails| {
        Arc::new(Marks {
            log: log.clone(),
            ended: Mutex::default(),
            fails,
        })
    };
    let before = log.status().bytes;
    let failing = house
        .broker
        .checkpointer(Some(marks(true)))
        .write_now()
        .await;
    assert!(failing.is_err());
    assert!(log.status().bytes >= before, "nothing was let go");
    let noted = marks(false);
    let checkpointer = house.broker.checkpointer(Some(noted.clone()));
    checkpointer.write_now().await.expect("written");
    let ended = noted.ended.lock().expect("whole").clone();
    let [(end, bytes)] = &ended[..] else {
        panic!("{ended:?}");
    };
    assert!(
        *bytes >= before && log.status().bytes < before,
        "{bytes} of {before}"
    );
    assert!(end.covers(&begun) && log.end().covers(end) && *end != begun);
    house.broker.shutdown();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_keeps_them_and_lets_the_beginning_go() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path());
    let house = House::on(log.clone(), 1);
    tokio::task::block_in_place(|| scene(&house));
    let before = log.status().bytes;
    let checkpointer = house.broker.checkpointer(None);
    checkpointer.write_now().await.expect("written");
    // The tables need nothing either.
    let end = log.end();
    for stream in [Stream::MESSAGES, Stream::EVENTS] {
        log.trim(stream, &end).await.expect("trimmed");
    }
    let after = log.status().bytes;
    assert!(after * 2 < before, "{after} of {before} bytes are left");
    // Messages that were moved are found where they are now.
    let mut to = tokio::task::block_in_place(|| come(&house, "to"));
    let got = tokio::task::block_in_place(|| take(&mut to, 10));
    assert_eq!(got, numbers(50..60));
    drop(to);
    checkpointer.write_now().await.expect("written again");
    house.broker.shutdown();
    drop(house);
    log.close();
    drop((log, checkpointer));
    let house = House::on(open(dir.path()), 2);
    let mut to = tokio::task::block_in_place(|| come(&house, "to"));
    let got = tokio::task::block_in_place(|| take(&mut to, 1));
    // What was acknowledged last before the connection went may come again.
    let first: u32 = got[0].parse().expect("a number");
    assert!((50..=60).contains(&first), "{first}");
    let rest = tokio::task::block_in_place(|| take(&mut to, 199 - first as usize));
    assert_eq!(rest, numbers(first + 1..200));
}
