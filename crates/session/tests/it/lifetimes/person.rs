// SPDX-License-Identifier: Apache-2.0
//! A client as the standard wants it: it keeps its session, sends again what was not answered, and
//! knows a message of QoS 2 by its id until PUBREL.

mod checks;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use hw_mqtt::*;

use super::wills::{Moment, Wills};
use crate::bench::*;

pub use checks::*;

/// How far a message of its own is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    Waiting,
    Received,
}

#[derive(Debug)]
struct Own {
    id: u16,
    qos: u8,
    number: u32,
    state: Sent,
}

/// An answer that it owes.
#[derive(Debug)]
enum Answer {
    Ack(u16),
    Rec(u16),
    Comp(u16),
}

/// What a client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Publishes,
    Reads,
    /// As one of a group.
    Shares,
}

impl Role {
    fn filters(self) -> &'static [&'static str] {
        match self {
            Self::Publishes => &[],
            Self::Reads => &["t/#", "w/#"],
            Self::Shares => &["$share/g/t/#"],
        }
    }
}

pub struct Person {
    name: String,
    version: Version,
    role: Role,
    pub client: Option<Client>,
    connected: bool,
    subscribed: bool,
    /// Granted when it subscribed.
    granted: u8,
    /// Its own messages on their way, in order.
    own: VecDeque<Own>,
    next: u32,
    next_id: u16,
    /// Numbers of its messages, with their QoS.
    published: BTreeMap<u32, u8>,
    /// Numbers of its messages that were taken, with their QoS.
    acknowledged: BTreeMap<u32, u8>,
    /// Ids of QoS 2 messages that it has and that were not released.
    held: BTreeSet<u16>,
    answers: VecDeque<Answer>,
    /// From whom it got what, with the QoS it came at: (number, QoS), in order.
    got: HashMap<String, Vec<(u32, u8)>>,
    /// Messages that came marked as sent again.
    pub again: usize,
    packets: usize,
    /// `None`: it connects without a will.
    pub wills: Option<Wills>,
    /// Numbers of its messages that were to be retained, and of those that it sent again.
    retained: BTreeSet<u32>,
    resent: BTreeSet<u32>,
}

impl Person {
    pub fn new(name: &str, version: Version, role: Role) -> Self {
        Self {
            name: name.into(),
            version,
            role,
            client: None,
            connected: false,
            subscribed: false,
            granted: 0,
            own: VecDeque::new(),
            next: 0,
            next_id: 0,
            published: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
            held: BTreeSet::new(),
            answers: VecDeque::new(),
            got: HashMap::new(),
            again: 0,
            packets: 0,
            wills: None,
            retained: BTreeSet::new(),
            resent: BTreeSet::new(),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many it has published.
    pub fn sent(&self) -> u32 {
        self.next
    }

    /// Numbers of its messages that were taken, with their QoS.
    pub fn all_taken(&self) -> impl Iterator<Item = (u32, u8)> {
        self.acknowledged
            .iter()
            .map(|(number, qos)| (*number, *qos))
    }

    pub fn is_subscribed(&self) -> bool {
        self.subscribed
    }

    pub fn is_connected(&self) -> bool {
        self.connected
    }

    /// Whether nothing is left to be said.
    pub fn is_done(&self) -> bool {
        self.connected && self.own.is_empty() && self.answers.is_empty()
    }

    /// Packets that it has read.
    pub fn packets(&self) -> usize {
        self.packets
    }

    pub fn taken(&self) -> usize {
        self.acknowledged.len()
    }

    pub fn connect(&mut self, bench: &mut Bench) {
        // One that it had before ends when the new one is admitted.
        self.answers.clear();
        let name = self.name.clone();
        let expiry = props(&[Property::SessionExpiryInterval(u32::MAX)]);
        let now = moment(bench);
        let takes_over = self.is_live(bench);
        let wills = self.wills.as_mut();
        let number = wills.map(|wills| wills.connects(now, takes_over));
        let payload = number.map(|number| format!("{name}'s will:{number}"));
        let topic = format!("w/{name}");
        let delay = self.wills.as_ref().map_or(0, |wills| wills.delay_millis);
        let delay = match delay {
            0 => props(&[]),
            millis => props(&[Property::WillDelayInterval((millis / 1_000) as u32)]),
        };
        let will = payload.as_ref().map(|payload| Will {
            topic: &topic,
            payload: payload.as_bytes(),
            qos: will_qos(number.unwrap_or(0)),
            retain: false,
            properties: delay.as_properties(),
        });
        let connect = Connect {
            clean_start: false,
            will,
            properties: match self.version {
                V5 => expiry.as_properties(),
                _ => Properties::EMPTY,
            },
            ..hello(self.version, &name)
        };
        self.connected = false;
        self.client = Some(bench.connect_as(&connect));
    }

    /// Whether the server has its connection.
    fn is_live(&self, bench: &Bench) -> bool {
        let client = self.client.as_ref().filter(|it| !it.closed);
        let glance = client.and_then(|it| bench.shards[it.shard].glance(it.slot));
        glance.is_some_and(|it| it.live)
    }

    /// Says that it goes, if it can.
    pub fn say_goodbye(&mut self, bench: &mut Bench) {
        let Some(client) = self.client.as_ref().filter(|_| self.is_live(bench)) else {
            return;
        };
        let version = self.version;
        let mut bytes = Vec::new();
        encode::disconnect(&mut bytes, version, 0);
        if bench.input(client, &bytes) == bytes.len()
            && let Some(wills) = &mut self.wills
        {
            wills.said_goodbye(moment(bench));
        }
    }

    /// The server is killed; the next run gives it that long to come back.
    pub fn crash(&mut self, bench: &Bench, grace_millis: u64) {
        let is_live = self.is_live(bench);
        if let Some(wills) = &mut self.wills {
            wills.crash(moment(bench), grace_millis, is_live);
        }
        self.cut();
    }

    /// The connection is gone.
    pub fn cut(&mut self) -> Option<Client> {
        self.connected = false;
        self.answers.clear();
        self.client.take().filter(|client| !client.closed)
    }

    pub fn subscribe(&mut self, bench: &mut Bench, qos: u8) {
        self.read(bench, usize::MAX);
        self.granted = qos;
        let (version, role) = (self.version, self.role);
        if let Some(client) = &self.client {
            bench.send(client, |out| {
                let options = SubscribeOptions::at(Qos::from_bits(qos).unwrap());
                let filters = role.filters().iter().map(|filter| (*filter, options));
                encode::subscribe(out, version, 60_000, Properties::EMPTY, filters).unwrap();
            });
        }
    }

    /// Publishes, if less than `window` messages are on their way: more than that the server
    /// forbids.
    pub fn publish(&mut self, bench: &mut Bench, qos: u8, retain: bool, window: usize) {
        if !self.connected || self.own.len() >= window {
            return;
        }
        self.next += 1;
        let number = self.next;
        self.published.insert(number, qos);
        if retain {
            self.retained.insert(number);
        }
        self.next_id = self.next_id % 50 + 1;
        let id = if qos == 0 { 0 } else { self.next_id };
        if qos > 0 {
            self.own.push_back(Own {
                id,
                qos,
                number,
                state: Sent::Waiting,
            });
        }
        self.send(bench, qos, id, number, false);
    }

    fn send(&mut self, bench: &mut Bench, qos: u8, id: u16, number: u32, dup: bool) {
        let Some(client) = self.client.as_ref().filter(|it| !it.closed) else {
            return;
        };
        let payload = format!("{}:{number}", self.name);
        let topic = format!("t/{}", self.name);
        if dup {
            self.resent.insert(number);
        }
        let publish = Publish {
            dup,
            retain: self.retained.contains(&number),
            ..message(&topic, qos, id, &payload)
        };
        let mut bytes = Vec::new();
        let extra = encode::PublishExtra::default();
        encode::publish(&mut bytes, self.version, &publish, &extra).unwrap();
        bench.input(client, &bytes);
    }

    /// Says some of what it owes.
    pub fn answer(&mut self, bench: &mut Bench, count: usize) {
        let version = self.version;
        for _ in 0..count {
            let Some(answer) = self.answers.pop_front() else {
                return;
            };
            let Some(client) = self.client.as_ref().filter(|it| !it.closed) else {
                return;
            };
            let mut bytes = Vec::new();
            match answer {
                Answer::Ack(id) => encode::puback(&mut bytes, version, id, 0),
                Answer::Rec(id) => encode::pubrec(&mut bytes, version, id, 0),
                Answer::Comp(id) => encode::pubcomp(&mut bytes, version, id, 0),
            }
            bench.input(client, &bytes);
        }
    }

    /// It sees that its connection is gone.
    pub fn lost(&mut self, now: Moment) {
        if let Some(wills) = &mut self.wills {
            wills.lost(now);
        }
    }

    pub fn read(&mut self, bench: &mut Bench, bytes: usize) {
        let Some(mut client) = self.client.take() else {
            return;
        };
        if !client.closed {
            bench.receive(&mut client, bytes);
        }
        let mut unread = std::mem::take(&mut client.unread);
        let closed = client.closed;
        self.client = Some(client);
        let mut at = 0;
        while let Ok(Some(frame)) = frame::peek(&unread[at..], usize::MAX) {
            if frame.total_len > unread.len() - at {
                break;
            }
            let packet = unread[at..at + frame.total_len].to_vec();
            at += frame.total_len;
            self.take(bench, &packet);
        }
        unread.drain(..at);
        if let Some(client) = &mut self.client {
            client.unread = unread;
        }
        if closed {
            self.lost(moment(bench));
            self.cut();
        }
    }

    fn take(&mut self, bench: &mut Bench, packet: &[u8]) {
        let version = self.version;
        self.packets += 1;
        if std::env::var("HEADWATER_SIM_TRACE").is_ok_and(|it| it == self.name) {
            eprintln!("{} reads {:?}", self.name, decode(version, packet));
        }
        match decode(version, packet).expect("the server sends good packets") {
            Packet::ConnAck(it) => {
                if it.code != 0 {
                    // The disk is full: it comes again.
                    assert!(!it.session_present && !self.connected);
                    return;
                }
                assert_eq!(it.session_present, self.subscribed || it.session_present);
                self.connected = true;
                if let Some(wills) = &mut self.wills {
                    wills.connected(moment(bench));
                }
                if !it.session_present {
                    assert!(!self.subscribed, "{}: its session is gone", self.name);
                    self.held.clear();
                }
                let own: Vec<_> = self
                    .own
                    .iter()
                    .map(|it| (it.qos, it.id, it.number, it.state))
                    .collect();
                for (qos, id, number, state) in own {
                    match state {
                        Sent::Waiting => self.send(bench, qos, id, number, true),
                        Sent::Received => self.release(bench, id),
                    }
                }
            }
            Packet::SubAck(it) => {
                self.subscribed = it.codes.iter().all(|code| *code == self.granted);
            }
            Packet::PubAck(it) => self.finish(it.packet_id, it.reason, 1),
            Packet::PubRec(it) if reason::is_failure(it.reason) => {
                self.finish(it.packet_id, it.reason, 2);
            }
            Packet::PubRec(it) => {
                let own = self.own.iter_mut().find(|own| own.id == it.packet_id);
                let own = own.expect("PUBREC for what was sent");
                own.state = Sent::Received;
                self.acknowledged.insert(own.number, 2);
                self.release(bench, it.packet_id);
            }
            Packet::PubComp(it) => self.own.retain(|own| own.id != it.packet_id),
            Packet::Publish(it) => self.receive(&it),
            Packet::PubRel(it) => {
                self.held.remove(&it.packet_id);
                self.answers.push_back(Answer::Comp(it.packet_id));
            }
            Packet::Disconnect(_) => {}
            other => panic!("{other:?}"),
        }
    }

    fn release(&mut self, bench: &mut Bench, id: u16) {
        let version = self.version;
        if let Some(client) = self.client.as_ref().filter(|it| !it.closed) {
            let mut bytes = Vec::new();
            encode::pubrel(&mut bytes, version, id, 0);
            bench.input(client, &bytes);
        }
    }

    fn finish(&mut self, id: u16, code: u8, qos: u8) {
        let Some(at) = self.own.iter().position(|it| it.id == id && it.qos == qos) else {
            return;
        };
        let own = self.own.remove(at).unwrap();
        if !reason::is_failure(code) {
            self.acknowledged.insert(own.number, qos);
        }
    }

    fn receive(&mut self, it: &Publish<'_>) {
        self.again += usize::from(it.dup);
        let payload = std::str::from_utf8(it.payload).unwrap();
        let (from, number) = payload.split_once(':').unwrap();
        let number: u32 = number.parse().unwrap();
        let qos = it.qos as u8;
        match qos {
            1 => self.answers.push_back(Answer::Ack(it.packet_id)),
            2 => {
                self.answers.push_back(Answer::Rec(it.packet_id));
                if !self.held.insert(it.packet_id) {
                    return;
                }
            }
            _ => {}
        }
        assert!(
            self.role != Role::Publishes,
            "{} did not ask for it",
            self.name
        );
        self.got.entry(from.into()).or_default().push((number, qos));
    }

    /// How often a message of somebody came.
    fn times(&self, from: &str, number: u32) -> usize {
        let got = self.got.get(from).into_iter().flatten();
        got.filter(|(it, _)| *it == number).count()
    }
}

/// `w/…` and its like: odd ones at QoS 1, even ones at QoS 2.
fn will_qos(number: u32) -> Qos {
    [Qos::ExactlyOnce, Qos::AtLeastOnce][number as usize % 2]
}

pub fn moment(bench: &Bench) -> Moment {
    Moment {
        millis: bench.millis,
        ticket: bench.world.ticket,
    }
}
