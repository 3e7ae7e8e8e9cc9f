// SPDX-License-Identifier: Apache-2.0
//! Shards on a bench: a loop without sockets, and clients that read packets as short texts.

use std::time::Duration;

use hw_model::{AccountId, Timestamp};
use hw_mqtt::*;
use hw_session::{Limits, Lost, Now, Opening, Settings, Shard, Slot, home_shard};

use crate::world::{Auth, World};

pub const V3: Version = Version::V311;
pub const V5: Version = Version::V5;
pub const EVERY: [Version; 3] = [Version::V31, V3, V5];

pub struct Bench {
    pub world: World,
    pub shards: Vec<Shard<World>>,
    pub millis: u64,
    /// Whose the next connection is.
    pub owner: String,
}

/// What a message of QoS 1 that nobody subscribed to is answered with: MQTT 5 says so.
pub fn unheard(version: Version) -> &'static str {
    if version == V5 { "10" } else { "00" }
}

/// A client; it keeps what it has read and not yet understood.
#[derive(Debug)]
pub struct Client {
    pub shard: usize,
    pub slot: Slot,
    pub version: Version,
    pub unread: Vec<u8>,
    pub closed: bool,
}

/// A CONNECT with nothing special.
pub fn hello(version: Version, client_id: &str) -> Connect<'_> {
    Connect {
        version,
        bridge: false,
        clean_start: true,
        keep_alive_seconds: 0,
        client_id,
        will: None,
        user_name: None,
        password: None,
        properties: Properties::EMPTY,
    }
}

/// `gone` to the topic `will`, at QoS 0.
pub fn will_gone() -> Will<'static> {
    Will {
        topic: "will",
        payload: b"gone",
        qos: Qos::AtMostOnce,
        retain: false,
        properties: Properties::EMPTY,
    }
}

pub fn props(list: &[Property<'_>]) -> PropertyBuf {
    let mut properties = PropertyBuf::new();
    for one in list {
        properties.push(*one).unwrap();
    }
    properties
}

pub fn message<'a>(topic: &'a str, qos: u8, packet_id: u16, payload: &'a str) -> Publish<'a> {
    Publish {
        dup: false,
        qos: Qos::from_bits(qos).unwrap(),
        retain: false,
        topic,
        packet_id,
        properties: Properties::EMPTY,
        payload: payload.as_bytes(),
    }
}

impl Bench {
    pub fn new() -> Self {
        Self::with(1, Limits::default())
    }

    pub fn with(shards: u16, limits: Limits) -> Self {
        Self::with_waiting(shards, limits, 64 << 20)
    }

    /// One whose receivers may leave so many bytes waiting together, on each shard.
    pub fn with_waiting(shards: u16, limits: Limits, waiting_bytes_max: usize) -> Self {
        let settings = |shard| Settings {
            shard,
            shards,
            epoch: 7,
            flights_max: 8,
            waiting_bytes_max,
            limits: limits.clone(),
        };
        Self {
            world: World::default(),
            shards: (0..shards)
                .map(|shard| Shard::new(settings(shard)))
                .collect(),
            millis: 5_000_000,
            owner: "somebody".into(),
        }
    }

    pub fn now(&self) -> Now {
        let wall = Timestamp(1_700_000_000_000_000 + self.millis as i64 * 1_000);
        Now {
            wall,
            monotonic: Duration::from_millis(self.millis),
        }
    }

    /// Opens with any first packet.
    pub fn open(&mut self, version: Version, client_id: &str, connect: Vec<u8>) -> Client {
        self.open_in(AccountId::FIRST, version, client_id, connect)
    }

    pub fn open_in(
        &mut self,
        account: AccountId,
        version: Version,
        client_id: &str,
        connect: Vec<u8>,
    ) -> Client {
        let shard = usize::from(home_shard(account, client_id, self.shards.len() as u16));
        let auth = Auth {
            name: client_id.into(),
            owner: self.owner.clone(),
            generation: self.world.generation,
        };
        let opening = Opening {
            auth,
            account,
            connect,
            client_id: client_id.into(),
            until: None,
        };
        let now = self.now();
        let slot = self.shards[shard].open(&mut self.world, now, opening);
        Client {
            shard,
            slot,
            version,
            unread: Vec::new(),
            closed: false,
        }
    }

    pub fn connect_as(&mut self, connect: &Connect<'_>) -> Client {
        let mut packet = Vec::new();
        encode::connect(&mut packet, connect).unwrap();
        let client_id = if connect.client_id.is_empty() {
            "assigned"
        } else {
            connect.client_id
        };
        self.open(connect.version, client_id, packet)
    }

    /// Connects and reads the CONNACK.
    pub fn connect(&mut self, version: Version, client_id: &str) -> Client {
        let mut client = self.connect_as(&hello(version, client_id));
        let mut answer = self.read(&mut client);
        if answer.is_empty() {
            // It ends another session, and that is written down first.
            self.calm();
            answer = self.read(&mut client);
        }
        assert_eq!(answer, ["CONNACK 00"]);
        client
    }

    pub fn input(&mut self, client: &Client, bytes: &[u8]) -> usize {
        let now = self.now();
        self.shards[client.shard].input(&mut self.world, now, client.slot, bytes)
    }

    /// Sends a packet that a closure encodes.
    pub fn send(&mut self, client: &Client, packet: impl FnOnce(&mut Vec<u8>)) {
        self.world.log.time = self.now().wall;
        let mut bytes = Vec::new();
        packet(&mut bytes);
        assert_eq!(self.input(client, &bytes), bytes.len());
        self.pass();
    }

    pub fn publish(&mut self, client: &Client, message: &Publish<'_>) {
        let version = client.version;
        self.send(client, |out| {
            encode::publish(out, version, message, &encode::PublishExtra::default()).unwrap();
        });
    }

    /// PUBREL: its message of QoS 2 may go on.
    pub fn release(&mut self, client: &Client, packet_id: u16) {
        let version = client.version;
        self.send(client, |out| encode::pubrel(out, version, packet_id, 0));
    }

    /// A message of QoS 2 and its PUBREL; what the publisher gets stays unread.
    pub fn publish_exactly(&mut self, client: &Client, message: &Publish<'_>) {
        self.publish(client, message);
        self.release(client, message.packet_id);
    }

    /// A PUBLISH with properties that the encoder would leave out.
    pub fn publish_raw(&mut self, client: &Client, topic: &str, properties: &[u8], payload: &str) {
        let mut body = (topic.len() as u16).to_be_bytes().to_vec();
        body.extend_from_slice(topic.as_bytes());
        body.push(properties.len() as u8);
        body.extend_from_slice(properties);
        body.extend_from_slice(payload.as_bytes());
        self.send(client, |out| {
            out.extend_from_slice(&[0x30, body.len() as u8]);
            out.extend_from_slice(&body);
        });
    }

    pub fn subscribe_with(
        &mut self,
        client: &mut Client,
        filters: &[(&str, SubscribeOptions)],
        properties: &[Property<'_>],
    ) -> Vec<String> {
        let version = client.version;
        let properties = props(properties);
        self.send(client, |out| {
            encode::subscribe(
                out,
                version,
                9,
                properties.as_properties(),
                filters.iter().copied(),
            )
            .unwrap();
        });
        self.read(client)
    }

    /// Subscribes and reads the SUBACK.
    pub fn subscribe(&mut self, client: &mut Client, filter: &str, qos: u8) {
        let options = SubscribeOptions::at(Qos::from_bits(qos).unwrap());
        let answer = self.subscribe_with(client, &[(filter, options)], &[]);
        assert_eq!(answer, [format!("SUBACK 9 {qos:02x}")]);
    }

    /// Moves batches between shards until none has any.
    pub fn pass(&mut self) {
        let now = self.now();
        for from in 0..self.shards.len() {
            for to in 0..self.shards.len() {
                let batch = std::mem::take(&mut self.shards[from].outbox()[to]);
                if !batch.is_empty() {
                    assert_ne!(from, to);
                    self.shards[to].forwarded(&mut self.world, now, &batch);
                }
            }
        }
    }

    pub fn tick(&mut self, millis: u64) -> Option<Duration> {
        self.millis += millis;
        let now = self.now();
        let world = &mut self.world;
        self.shards
            .iter_mut()
            .filter_map(|shard| shard.tick(world, now))
            .min()
    }

    pub fn durable(&mut self, upto: u64, failure: Option<hw_session::KeepFailure>) {
        let now = self.now();
        let outcome = failure.map_or(Ok(0), Err);
        for shard in &mut self.shards {
            shard.durable(&mut self.world, now, hw_session::Ticket(upto), outcome);
        }
        self.world.noted.retain(|(ticket, _)| *ticket > upto);
        self.world.log.durable(upto, failure.is_none());
        self.world.retained_durable(upto, failure.is_none());
    }

    /// Everything becomes durable, what is asked for is read, until nothing moves.
    pub fn calm(&mut self) {
        for _ in 0..50 {
            let upto = self.world.ticket;
            self.world.ticket += 1;
            self.durable(upto, None);
            self.pass();
            self.read_log();
        }
    }

    /// Reads from the log what sessions asked for.
    pub fn read_log(&mut self) {
        let now = self.now();
        for (session, places) in std::mem::take(&mut self.world.fetches) {
            let found = self.world.log.fetch(session, &places);
            for shard in &mut self.shards {
                shard.found(&mut self.world, now, session, &found);
            }
        }
    }

    /// A turn: what members of groups left behind finds others.
    pub fn give_on(&mut self) {
        self.tick(0);
        self.pass();
        self.tick(0);
    }

    /// The end of a turn in which nobody's socket took anything.
    pub fn nothing_leaves(&mut self, clients: &[Client]) {
        let now = self.now();
        for client in clients {
            self.shards[client.shard].count_waiting(client.slot, 0);
        }
        for shard in &mut self.shards {
            shard.relieve(&mut self.world, now);
        }
    }

    pub fn refresh(&mut self) {
        let now = self.now();
        self.shards
            .iter_mut()
            .for_each(|shard| shard.refresh(&mut self.world, now));
    }

    pub fn lose(&mut self, client: &mut Client, cause: Lost) {
        let now = self.now();
        client.closed = true;
        self.shards[client.shard].lost(&mut self.world, now, client.slot, cause);
    }

    /// Reads at most so many bytes, as a socket that is nearly full takes them.
    pub fn receive(&mut self, client: &mut Client, bytes_max: usize) {
        let now = self.now();
        let shard = &mut self.shards[client.shard];
        let mut left = bytes_max;
        while let Some(output) = shard.output(client.slot).filter(|_| left > 0) {
            let part = &output.unsent()[..output.unsent().len().min(left)];
            if part.is_empty() {
                break;
            }
            client.unread.extend_from_slice(part);
            left -= part.len();
            let len = part.len();
            shard.sent(&mut self.world, now, client.slot, len);
        }
        if shard
            .output(client.slot)
            .is_some_and(|output| output.wants_close())
        {
            self.lose(client, Lost::Closed);
            client.closed = true;
        }
    }

    /// Reads everything; `CLOSED` is last if the server closed.
    pub fn read(&mut self, client: &mut Client) -> Vec<String> {
        let was_closed = client.closed;
        self.receive(client, usize::MAX);
        let mut texts = packets(client.version, &mut client.unread);
        if client.closed && !was_closed {
            texts.push("CLOSED".into());
        }
        texts
    }
}

/// Takes the whole packets off `bytes`.
pub fn packets(version: Version, bytes: &mut Vec<u8>) -> Vec<String> {
    let (mut texts, mut at) = (Vec::new(), 0);
    while let Ok(Some(frame)) = frame::peek(&bytes[at..], usize::MAX) {
        if frame.total_len > bytes.len() - at {
            break;
        }
        let packet = &bytes[at..at + frame.total_len];
        texts.push(text(
            &decode(version, packet).expect("the server sends good packets"),
        ));
        at += frame.total_len;
    }
    bytes.drain(..at);
    texts
}

fn text(packet: &Packet<'_>) -> String {
    match packet {
        Packet::ConnAck(it) if it.session_present => format!("CONNACK {:02x} present", it.code),
        Packet::ConnAck(it) => format!("CONNACK {:02x}", it.code),
        Packet::PubAck(it) => format!("PUBACK {} {:02x}", it.packet_id, it.reason),
        Packet::PubRec(it) => format!("PUBREC {} {:02x}", it.packet_id, it.reason),
        Packet::PubRel(it) => format!("PUBREL {} {:02x}", it.packet_id, it.reason),
        Packet::PubComp(it) => format!("PUBCOMP {} {:02x}", it.packet_id, it.reason),
        Packet::PingResp(_) => "PINGRESP".into(),
        Packet::Disconnect(it) => format!("DISCONNECT {:02x}", it.reason),
        Packet::SubAck(it) => format!("SUBACK {} {}", it.packet_id, hex(it.codes)),
        Packet::UnsubAck(it) => format!("UNSUBACK {} {}", it.packet_id, hex(it.codes)),
        Packet::Publish(it) => {
            let again = if it.dup { " again" } else { "" };
            let ids: Vec<_> = it.properties.subscription_identifiers().collect();
            let ids = if ids.is_empty() {
                String::new()
            } else {
                format!(" ids{ids:?}")
            };
            let id = if it.packet_id == 0 {
                String::new()
            } else {
                format!(" #{}", it.packet_id)
            };
            let payload = String::from_utf8_lossy(it.payload);
            let retain = if it.retain { " retained" } else { "" };
            let alias = match it.properties.topic_alias() {
                Some(alias) => format!("@{alias}"),
                None => String::new(),
            };
            let (topic, qos) = (it.topic, it.qos as u8);
            format!("{topic}{alias} q{qos}{id} {payload}{ids}{retain}{again}")
        }
        other => panic!("a server does not send {other:?}"),
    }
}

fn hex(codes: &[u8]) -> String {
    codes
        .iter()
        .map(|code| format!("{code:02x}"))
        .collect::<Vec<_>>()
        .join(" ")
}
