// SPDX-License-Identifier: Apache-2.0
//! A client of the simulation: what it sent, what it is owed, what it may get.

use std::collections::{HashMap, VecDeque};

use hw_mqtt::Version;

use crate::bench::*;
use crate::world::{Auth, World};

/// One life of a client.
#[derive(Debug)]
pub struct Actor {
    pub name: String,
    pub client: Client,
    /// Tells its payloads from those of other lives.
    pub life: usize,
    /// Reads a little in one of so many steps; 0: all at once. It may have got while reading
    /// what it was allowed when it was written.
    pub slow: usize,
    pub was_slow: bool,
    /// Subscribes to everything, reads and acknowledges at once: must miss nothing.
    pub witness: bool,
    sent: usize,
    /// Acknowledgements that it is owed, in order, with the tickets they need.
    pub owed: VecDeque<(u16, Option<u64>)>,
    /// The last number of each (life, topic, QoS).
    last: HashMap<(usize, String, char), usize>,
    to_acknowledge: Vec<u16>,
    pub out: usize,
    pub got: Vec<String>,
    said_goodbye: bool,
}

impl Actor {
    pub fn connect(bench: &mut Bench, version: Version, name: &str, life: usize) -> Self {
        Self {
            name: name.into(),
            client: bench.connect(version, name),
            life,
            slow: 0,
            was_slow: false,
            witness: false,
            sent: 0,
            owed: VecDeque::new(),
            last: HashMap::new(),
            to_acknowledge: Vec::new(),
            out: 0,
            got: Vec::new(),
            said_goodbye: false,
        }
    }

    /// Packet id and payload of its next message.
    pub fn next_message(&mut self, qos: u8, padding: usize) -> (u16, String) {
        self.sent += 1;
        let id = if qos == 0 { 0 } else { self.sent as u16 };
        (
            id,
            format!("{}.{}.{}", self.life, self.sent, "~".repeat(padding)),
        )
    }

    /// Checks a packet that came.
    pub fn take(&mut self, packet: &str, world: &World, durable: u64) {
        assert!(
            !self.said_goodbye,
            "{} after DISCONNECT: {packet}",
            self.name
        );
        let words: Vec<&str> = packet.split(' ').collect();
        match words[0] {
            "PUBACK" => self.take_puback(&words, durable),
            "DISCONNECT" => self.said_goodbye = true,
            "SUBACK" | "UNSUBACK" | "PINGRESP" => {}
            _ => self.take_message(&words, world),
        }
    }

    fn take_puback(&mut self, words: &[&str], durable: u64) {
        let (id, ticket) = self.owed.pop_front().expect("nothing is owed");
        assert_eq!(
            words[1..],
            [id.to_string().as_str(), "00"],
            "in order of arrival"
        );
        assert!(
            ticket.is_none_or(|ticket| ticket <= durable),
            "before it was durable"
        );
    }

    fn take_message(&mut self, words: &[&str], world: &World) {
        let (topic, qos, payload) = (words[0], words[1], words[words.len() - 1]);
        let numbers: Vec<&str> = payload.split('.').collect();
        let (life, number) = (numbers[0].parse().unwrap(), numbers[1].parse().unwrap());
        let last = self
            .last
            .insert((life, topic.into(), qos.chars().nth(1).unwrap()), number);
        assert!(
            last.is_none_or(|last| last < number),
            "{payload} came after {last:?}"
        );
        let rules = world.rules_of(&Auth {
            owner: String::new(),
            name: self.name.clone(),
            generation: 0,
        });
        let allowed = !rules.no_receive.iter().any(|denied| denied == topic);
        assert!(
            allowed || self.was_slow,
            "{} may not receive {topic}",
            self.name
        );
        if qos == "q1" {
            self.out += 1;
            assert!(self.out <= 4, "more is out than it takes");
            self.to_acknowledge.push(words[2][1..].parse().unwrap());
        }
        self.got.push(payload.into());
    }

    pub fn acknowledge(&mut self, bench: &mut Bench) {
        for id in self.to_acknowledge.drain(..) {
            self.out -= 1;
            let [high, low] = id.to_be_bytes();
            bench.input(&self.client, &[0x40, 2, high, low]);
        }
    }
}
