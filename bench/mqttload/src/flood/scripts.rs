// SPDX-License-Identifier: Apache-2.0
//! What the peers of each flood do. One that a server ends comes back after a second, or at once
//! where the coming back is the flood.
use super::malformed::{self, When};
use super::swarm::{Plan, Step};
use crate::wire::{tls_client, tls_config};
use crate::{codec, Args};
use std::rc::Rc;

const SECOND: u64 = 1_000_000_000;
/// After something wrong a server has so long to close.
const PATIENCE: u64 = 3 * SECOND;
const FILTERS: usize = 8;
/// Publishes in one block of a publish flood.
const BLOCK: usize = 100;
const UPGRADE: &str = "GET /mqtt HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// (peers, pause, script) of the flood that is asked for.
type Flood = (usize, u64, Box<dyn Fn(usize, u32) -> Vec<Step>>);

pub fn plan(a: &Args) -> Option<Plan> {
    let (peers, pause, script) = flood(a)?;
    let peers = if a.conc > 0 { a.conc } else { peers };
    Some(Plan {
        peers,
        pause,
        opening_max: 256,
        lives_max: a.n as u64,
        script: Box::new(move |peer, life| script(peer, life).into()),
    })
}

fn flood(a: &Args) -> Option<Flood> {
    let tag = std::process::id();
    Some(match a.flood.as_str() {
        // A CONNECT that never ends: a byte a second.
        "slow-connect" => (
            2000,
            SECOND,
            Box::new(move |i, _| {
                let connect = codec::connect(&format!("ml{tag}-slow-connect-{i}"), 60);
                vec![Step::Drip(connect.into(), SECOND), Step::Idle]
            }),
        ),
        // Announces 256 MB, or a little less than 256 KB, which is allowed, and sends a byte a second.
        "half-open" => (
            5000,
            SECOND,
            Box::new(|i, _| {
                let length: &[u8] = if i % 2 == 0 {
                    &[255, 255, 255, 127]
                } else {
                    &[240, 255, 15]
                };
                let head = [&[0x10], length, b"\0\x04MQTT\x04\x02\0\x3c\xff\xff"].concat();
                let rest = vec![b'x'; 4096];
                vec![
                    Step::Send(head.into()),
                    Step::Drip(rest.into(), SECOND),
                    Step::Idle,
                ]
            }),
        ),
        // The same after a good CONNECT: a PUBLISH that does not end.
        "half-publish" => (
            2000,
            SECOND,
            Box::new(move |i, _| {
                let head = [&[0x30, 128, 128, 16][..], b"\0\x0dbench/flood/0"].concat();
                let mut steps = hello(format!("ml{tag}-half-{i}"));
                steps.push(Step::Send(head.into()));
                steps.extend([Step::Drip(vec![b'x'; 4096].into(), SECOND), Step::Idle]);
                steps
            }),
        ),
        "silent" => (10_000, SECOND, Box::new(|_, _| vec![Step::Idle])),
        // The first flight of TLS and nothing more. Goes over plain TCP, as bytes.
        "client-hello" => (5000, SECOND, {
            let mut first = vec![];
            let mut tls = tls_client(&tls_config(&a.ca, &a.cert, &a.key));
            tls.write_tls(&mut first).expect("ClientHello");
            let first: Rc<[u8]> = first.into();
            Box::new(move |_, _| vec![Step::Send(first.clone()), Step::Idle])
        }),
        "websocket" => (
            1000,
            SECOND,
            Box::new(|_, _| {
                let upgrade = UPGRADE.as_bytes().into();
                vec![
                    Step::Send(upgrade),
                    Step::AwaitText(b"HTTP/1.1 101"),
                    Step::Idle,
                ]
            }),
        ),
        // For a run with a certificate that the server does not know.
        "bad-certificate" => (
            32,
            0,
            Box::new(move |i, _| {
                let connect = codec::connect(&format!("ml{tag}-bad-{i}"), 60);
                vec![Step::Send(connect.into()), Step::Linger(PATIENCE)]
            }),
        ),
        "takeover" => (
            200,
            0,
            Box::new(move |i, _| {
                let connect = codec::connect_with(&format!("ml{tag}-one"), 60, false);
                let mut steps = vec![Step::Send(connect.into()), Step::Await(2)];
                let topic = format!("bench/flood/{}", i % 4);
                let publish = codec::publish_template(&topic, 0, b"taken over").bytes;
                steps.push(Step::Send(
                    [codec::subscribe(&topic, 1), publish].concat().into(),
                ));
                steps.push(Step::Idle);
                steps
            }),
        ),
        "subscriptions" => (
            50,
            SECOND,
            Box::new(move |i, _| {
                let mut steps = hello(format!("ml{tag}-churn-{i}"));
                let again = steps.len();
                for kind in 0..FILTERS {
                    let filter = match kind % 4 {
                        0 => format!("bench/flood/{i}/{kind}"),
                        1 => format!("bench/flood/+/{i}/{kind}"),
                        2 => format!("bench/flood/{i}/{kind}/#"),
                        _ => format!("bench/pair/{i}/{kind}/+/x"),
                    };
                    steps.extend([
                        Step::Send(codec::subscribe(&filter, 1).into()),
                        Step::Await(9),
                    ]);
                    steps.extend([
                        Step::Send(codec::unsubscribe(&filter).into()),
                        Step::Await(11),
                    ]);
                }
                steps.push(Step::Goto(again));
                steps
            }),
        ),
        "publish-0" => (20, SECOND, Box::new(move |i, _| publisher(tag, i, 0))),
        "publish-1" => (20, SECOND, Box::new(move |i, _| publisher(tag, i, 1))),
        // Two publishers at full speed to twenty who read nothing.
        "stopped-reader" => (22, SECOND, Box::new(move |i, _| reader(tag, i, Step::Deaf))),
        // To twenty who read 8 KB a second each.
        "slow-reader" => (
            22,
            SECOND,
            Box::new(move |i, _| reader(tag, i, Step::Trickle(400))),
        ),
        "oversize" => (
            20,
            0,
            Box::new(move |i, _| {
                let large =
                    codec::publish_template("bench/flood/0", 1, &vec![b'x'; 400 << 10]).bytes;
                let mut steps = hello(format!("ml{tag}-large-{i}"));
                steps.extend([Step::Send(large.into()), Step::Linger(PATIENCE)]);
                steps
            }),
        ),
        "malformed" => {
            let packets: Vec<(When, Rc<[u8]>)> = malformed::find(&a.kind)
                .into_iter()
                .map(|(when, packet)| (when, packet.into()))
                .collect();
            if packets.is_empty() {
                return None;
            }
            (
                64,
                0,
                Box::new(move |i, life| {
                    let (when, packet) = &packets[(i + life as usize) % packets.len()];
                    let mut steps = match when {
                        When::First => vec![],
                        When::Later => hello(format!("ml{tag}-malformed-{i}")),
                    };
                    steps.extend([Step::Send(packet.clone()), Step::Linger(PATIENCE)]);
                    steps
                }),
            )
        }
        _ => return None,
    })
}

/// CONNECT and its answer.
fn hello(client_id: String) -> Vec<Step> {
    vec![
        Step::Send(codec::connect(&client_id, 60).into()),
        Step::Await(2),
    ]
}

/// Publishes to a topic of its own as fast as it can.
fn publisher(tag: u32, i: usize, qos: u8) -> Vec<Step> {
    let mut steps = hello(format!("ml{tag}-flood-{i}"));
    let one = codec::publish_template(&format!("bench/flood/{i}"), qos, &[b'x'; 200]);
    let mut block = vec![];
    for number in 1..=BLOCK as u16 {
        let at = block.len();
        block.extend_from_slice(&one.bytes);
        if one.pid_at > 0 {
            block[at + one.pid_at..at + one.pid_at + 2].copy_from_slice(&number.to_be_bytes());
        }
    }
    steps.push(Step::Fill(block.into()));
    steps
}

/// The first two publish; the others subscribe to it and then read as `how` says.
fn reader(tag: u32, i: usize, how: Step) -> Vec<Step> {
    if i < 2 {
        return publisher(tag, i, 1);
    }
    let mut steps = hello(format!("ml{tag}-reader-{i}"));
    steps.extend([
        Step::Send(codec::subscribe("bench/flood/+", 1).into()),
        Step::Await(9),
        how,
    ]);
    steps
}
