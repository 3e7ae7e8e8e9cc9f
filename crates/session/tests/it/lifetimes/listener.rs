// SPDX-License-Identifier: Apache-2.0
//! Somebody without a session who listens all the time: what is taken while he does he gets, of QoS 2
//! once, at the latest when its publisher's connection ends.

use std::collections::HashMap;

use hw_mqtt::*;

use super::person::Person;
use crate::bench::*;

pub struct Listener {
    client: Client,
    heard: HashMap<(String, u32), usize>,
    /// How many messages each publisher had sent when he came.
    before: Vec<u32>,
}

impl Listener {
    pub fn come(bench: &mut Bench, publishers: &[Person]) -> Self {
        let mut listener = Self {
            client: connect(bench),
            heard: HashMap::new(),
            before: Vec::new(),
        };
        listener.begin(publishers);
        listener
    }

    fn begin(&mut self, publishers: &[Person]) {
        self.before = publishers.iter().map(Person::sent).collect();
    }

    /// After a crash, or when he was cut.
    pub fn come_again(&mut self, bench: &mut Bench, publishers: &[Person]) {
        self.client = connect(bench);
        self.begin(publishers);
    }

    /// Hears all there is.
    pub fn hear(&mut self, bench: &mut Bench, publishers: &[Person]) {
        loop {
            let packets = bench.read(&mut self.client);
            if packets.is_empty() {
                break;
            }
            for packet in packets {
                let words: Vec<_> = packet.split(' ').collect();
                let [_, "q1", id, payload, ..] = words[..] else {
                    continue;
                };
                let (from, number) = payload.split_once(':').unwrap();
                let what = (from.to_owned(), number.parse().unwrap());
                *self.heard.entry(what).or_default() += 1;
                let id = id[1..].parse().unwrap();
                if !self.client.closed {
                    bench.send(&self.client, |out| encode::puback(out, V5, id, 0));
                }
            }
        }
        if self.client.closed {
            self.come_again(bench, publishers);
        }
    }

    pub fn check(&self, publishers: &[Person]) {
        for (publisher, before) in publishers.iter().zip(&self.before) {
            for (number, qos) in publisher.all_taken() {
                let what = (publisher.name().to_owned(), number);
                let times = self.heard.get(&what).copied().unwrap_or(0);
                let who = format!("{} {number} (QoS {qos}) came {times} times", what.0);
                assert!(qos < 2 || times <= 1, "{who}");
                // One that a full disk refused, and that was sent again, is as good as any.
                assert!(number <= *before || times >= 1, "{who}");
            }
        }
    }
}

fn connect(bench: &mut Bench) -> Client {
    let mut client = bench.connect(V5, "listener");
    let options = SubscribeOptions {
        retain_handling: RetainHandling::Never,
        ..SubscribeOptions::at(Qos::AtLeastOnce)
    };
    let answer = bench.subscribe_with(&mut client, &[("t/#", options)], &[]);
    assert_eq!(answer, ["SUBACK 9 01"]);
    client
}
