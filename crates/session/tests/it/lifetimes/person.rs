// SPDX-License-Identifier: Apache-2.0
//! A client as the standard wants it: it keeps its session, sends again what was not answered, and
//! knows a message of QoS 2 by its id until PUBREL.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use hw_mqtt::*;

use crate::bench::*;

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

pub struct Person {
    name: String,
    version: Version,
    reads: bool,
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
}

impl Person {
    pub fn new(name: &str, version: Version, reads: bool) -> Self {
        Self {
            name: name.into(),
            version,
            reads,
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
        }
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
        let connect = Connect {
            clean_start: false,
            properties: match self.version {
                V5 => expiry.as_properties(),
                _ => Properties::EMPTY,
            },
            ..hello(self.version, &name)
        };
        self.connected = false;
        self.client = Some(bench.connect_as(&connect));
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
        let version = self.version;
        if let Some(client) = &self.client {
            bench.send(client, |out| {
                let options = SubscribeOptions::at(Qos::from_bits(qos).unwrap());
                let filters = [("t/#", options)];
                encode::subscribe(out, version, 60_000, Properties::EMPTY, filters).unwrap();
            });
        }
    }

    /// Publishes, if less than `window` messages are on their way: more than that the server
    /// forbids.
    pub fn publish(&mut self, bench: &mut Bench, qos: u8, window: usize) {
        if !self.connected || self.own.len() >= window {
            return;
        }
        self.next += 1;
        let number = self.next;
        self.published.insert(number, qos);
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
        let publish = Publish {
            dup,
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
            Packet::SubAck(it) => self.subscribed = it.codes == [self.granted],
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
        assert!(self.reads, "{} did not ask for it", self.name);
        self.got.entry(from.into()).or_default().push((number, qos));
    }

    /// What a publisher was told is taken must be here.
    pub fn check(&self, publisher: &Person, in_order: bool) {
        let nothing = Vec::new();
        let got = self.got.get(&publisher.name).unwrap_or(&nothing);
        for (number, qos) in &publisher.acknowledged {
            let times = got.iter().filter(|(it, _)| it == number).count();
            let who = format!("{} from {}, number {number}", self.name, publisher.name);
            assert!(
                times >= 1,
                "{who} is lost (QoS {qos}, granted {})",
                self.granted
            );
            if *qos == 2 && self.granted == 2 {
                assert_eq!(times, 1, "{who} came {times} times");
            }
        }
        // Each QoS in the order of the publisher; what came again does not count.
        let ordered: &[u8] = if in_order { &[1, 2] } else { &[] };
        for qos in ordered {
            let mut seen = BTreeSet::new();
            let published = |number| publisher.published.get(&number) == Some(qos);
            let first = |it: &&(u32, u8)| published(it.0) && seen.insert(it.0);
            let order: Vec<u32> = got.iter().filter(first).map(|it| it.0).collect();
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(
                order, sorted,
                "{} from {} at QoS {qos}",
                self.name, publisher.name
            );
        }
    }
}
