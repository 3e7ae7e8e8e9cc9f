// SPDX-License-Identifier: Apache-2.0
//! Seeded lives of a few shards under a virtual clock: publishers, subscribers, takeovers, slow
//! readers, late batches and late disks; every packet that comes out is checked.

mod actor;
mod checks;

use std::collections::VecDeque;

use hw_mqtt::*;
use hw_session::{Forward, Limits, Lost, Ticket};

use crate::bench::*;
use actor::Actor;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % limit as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

const TOPICS: [&str; 5] = ["t/0", "t/1", "t/2", "u/0", "u/1"];
const FILTERS: [&str; 6] = ["t/0", "t/+", "u/#", "#", "+/1", "t/2"];
const NAMES: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

struct Simulation {
    random: Random,
    bench: Bench,
    actors: Vec<Actor>,
    /// Batches on their way, by shard.
    rings: Vec<VecDeque<Forward>>,
    /// What is on disk, by shard.
    durable: Vec<u64>,
    /// Payloads of the messages that were taken in, with their QoS.
    accepted: Vec<(String, u8)>,
    transcript: Vec<String>,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let shards = 2 + random.below(2);
        let limits = Limits {
            inflight_messages_max: 4,
            out_buffer_bytes_max: 400,
            queued_bytes_max: 2_500,
            ..Limits::default()
        };
        let mut bench = Bench::with(shards as u16, limits);
        bench.world.keep.push("t/#".into());
        bench.world.ticket = 1;
        let mut simulation = Self {
            random,
            bench,
            actors: Vec::new(),
            rings: (0..shards).map(|_| VecDeque::new()).collect(),
            durable: vec![0; shards],
            accepted: Vec::new(),
            transcript: Vec::new(),
        };
        for (name, version) in [("witness 3", V3), ("witness 5", V5)] {
            let mut witness = Actor::connect(&mut simulation.bench, version, name, 0);
            simulation.bench.subscribe(&mut witness.client, "#", 1);
            witness.witness = true;
            simulation.actors.push(witness);
        }
        simulation
    }

    fn step(&mut self) {
        match self.random.below(100) {
            0..5 => self.connect(),
            5..20 => self.subscribe(),
            20..22 => self.leave(),
            22..26 => self.change_rules(),
            26..60 => self.publish(),
            60..75 => self.deliver_batch(),
            75..85 => self.sync(),
            85..88 => {
                let millis = self.random.below(3_000) as u64;
                self.bench.tick(millis);
            }
            _ => self.ping(),
        }
        self.collect();
        self.read();
    }

    /// A newcomer; it takes over if its name is in use.
    fn connect(&mut self) {
        let name = *self.random.pick(&NAMES);
        let version = *self.random.pick(&EVERY);
        let life = self.actors.len();
        let mut actor = Actor::connect(&mut self.bench, version, name, life);
        actor.slow = *self.random.pick(&[0, 0, 4, 80, 80]);
        actor.was_slow = actor.slow > 0;
        self.actors.push(actor);
    }

    fn some_actor(&mut self) -> Option<usize> {
        let open: Vec<_> = (2..self.actors.len())
            .filter(|at| !self.actors[*at].client.closed)
            .collect();
        (!open.is_empty()).then(|| *self.random.pick(&open))
    }

    fn subscribe(&mut self) {
        let Some(at) = self.some_actor() else { return };
        let filter = *self.random.pick(&FILTERS);
        let qos = *self.random.pick(&[Qos::AtMostOnce, Qos::AtLeastOnce]);
        let actor = &self.actors[at];
        let version = actor.client.version;
        let mut bytes = Vec::new();
        if self.random.one_in(4) {
            encode::unsubscribe(&mut bytes, version, 1, Properties::EMPTY, [filter]).unwrap();
        } else {
            let no_local = version == V5 && self.random.one_in(4);
            let options = SubscribeOptions {
                no_local,
                ..SubscribeOptions::at(qos)
            };
            let filters = [(filter, options)];
            encode::subscribe(&mut bytes, version, 1, Properties::EMPTY, filters).unwrap();
        }
        self.bench.input(&actor.client, &bytes);
    }

    fn leave(&mut self) {
        let Some(at) = self.some_actor() else { return };
        let client = &mut self.actors[at].client;
        if self.random.one_in(2) {
            self.bench.lose(client, Lost::ByPeer);
        } else {
            self.bench.input(client, &[0xE0, 0]);
        }
    }

    fn change_rules(&mut self) {
        let name = *self.random.pick(&NAMES);
        let (topic, clears) = (*self.random.pick(&TOPICS), self.random.one_in(2));
        self.bench.world.change(name, |rules| {
            rules.no_receive.clear();
            if !clears {
                rules.no_receive.push(topic.into());
            }
        });
        self.bench.refresh();
    }

    fn publish(&mut self) {
        let Some(at) = self.some_actor() else { return };
        let mut bytes = Vec::new();
        let mut sent = Vec::new();
        for _ in 0..=self.random.below(4) {
            let (topic, qos) = (*self.random.pick(&TOPICS), self.random.below(2) as u8);
            let actor = &mut self.actors[at];
            let (id, payload) = actor.next_message(qos, self.random.below(60));
            let message = message(topic, qos, id, &payload);
            encode::publish(
                &mut bytes,
                actor.client.version,
                &message,
                &Default::default(),
            )
            .unwrap();
            sent.push((topic, qos, id, payload));
        }
        let client = &self.actors[at].client;
        let shard = client.shard;
        let before = self.bench.shards[shard].counters().messages_received;
        self.bench.input(client, &bytes);
        let taken = self.bench.shards[shard].counters().messages_received - before;
        for (topic, qos, id, payload) in sent.into_iter().take(taken as usize) {
            let ticket = topic.starts_with("t/").then_some(self.bench.world.ticket);
            if qos == 1 {
                self.actors[at].owed.push_back((id, ticket));
            }
            self.accepted.push((payload, qos));
        }
    }

    /// Puts this turn's batches on the rings.
    fn collect(&mut self) {
        for shard in &mut self.bench.shards {
            for (to, batch) in shard.outbox().iter_mut().enumerate() {
                if !batch.is_empty() {
                    self.rings[to].push_back(std::mem::take(batch));
                }
            }
        }
    }

    fn deliver_batch(&mut self) {
        let to = self.random.below(self.rings.len());
        let now = self.bench.now();
        while let Some(batch) = self.rings[to].pop_front() {
            self.bench.shards[to].forwarded(&mut self.bench.world, now, &batch);
            if self.random.one_in(2) {
                break;
            }
        }
    }

    /// The disk of a shard comes some way further; a new batch begins.
    fn sync(&mut self) {
        let shard = self.random.below(self.durable.len());
        let behind = self.bench.world.ticket - self.durable[shard];
        self.durable[shard] += self.random.below(behind as usize + 1) as u64;
        self.bench.world.ticket += 1;
        let (now, upto) = (self.bench.now(), Ticket(self.durable[shard]));
        self.bench.shards[shard].durable(&mut self.bench.world, now, upto, Ok(0));
    }

    fn ping(&mut self) {
        if let Some(at) = self.some_actor() {
            self.bench.input(&self.actors[at].client, &[0xC0, 0]);
        }
    }

    fn read(&mut self) {
        for actor in &mut self.actors {
            if actor.client.closed {
                continue;
            }
            if actor.slow == 0 {
                self.bench.receive(&mut actor.client, usize::MAX);
            } else if self.random.one_in(actor.slow) {
                let bytes = self.random.below(300);
                self.bench.receive(&mut actor.client, bytes);
            }
            let packets = packets(actor.client.version, &mut actor.client.unread);
            let lazy = actor.slow > 0 && !self.random.one_in(2);
            for packet in packets {
                actor.take(&packet, &self.bench.world, self.durable[actor.client.shard]);
                self.transcript.push(format!("{} {packet}", actor.name));
            }
            if !lazy {
                actor.acknowledge(&mut self.bench);
            }
        }
    }

    /// Lets everything arrive that is on its way.
    fn settle(&mut self) {
        for _ in 0..200 {
            for actor in &mut self.actors {
                actor.slow = 0;
            }
            (0..self.rings.len()).for_each(|_| self.deliver_batch());
            self.durable.fill(self.bench.world.ticket);
            self.bench.durable(self.durable[0], None);
            self.read();
        }
        assert!(self.rings.iter().all(VecDeque::is_empty));
    }
}

fn run(seed: u64, steps: usize) -> Simulation {
    let mut simulation = Simulation::new(seed);
    for _ in 0..steps {
        simulation.step();
    }
    simulation.settle();
    simulation.check_end();
    simulation
}

#[test]
fn many_seeds() {
    let (mut delivered, mut taken_over, mut refused, mut dropped, mut slow) = (0, 0, 0, 0, 0);
    for seed in 0..120 {
        let simulation = run(seed, 500);
        for shard in &simulation.bench.shards {
            let counters = shard.counters();
            delivered += counters.messages_delivered;
            taken_over += counters.taken_over;
            refused += counters.refused_receive;
            dropped += counters.dropped_buffer_full;
            slow += counters.slow_receivers;
        }
    }
    // The lives must be eventful, or the checks say nothing.
    let eventful = delivered > 50_000 && taken_over > 500 && refused > 500 && dropped > 50;
    assert!(
        eventful && slow > 10,
        "{delivered} {taken_over} {refused} {dropped} {slow}"
    );
}

#[test]
fn the_same_seed_is_the_same_life() {
    assert_eq!(run(7, 800).transcript, run(7, 800).transcript);
}
