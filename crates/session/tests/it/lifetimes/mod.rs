// SPDX-License-Identifier: Apache-2.0
//! Seeded lives of shards and a log under a virtual clock, with crashes: clients whose sessions last
//! publish and receive at every QoS, alone and in a group, are cut off, taken over, read slowly, leave
//! wills and retained messages; the disk comes late, is full, and loses what it had not written when
//! the server crashes.
//!
//! Whoever was told that a message is taken can rely on it: at QoS 1 it arrives, at QoS 2 exactly
//! once, in the order of its publisher; of a group one member gets it; the last one that was retained
//! is there; a will comes when its client is gone and not otherwise. `HEADWATER_SIM_SEEDS` says how
//! many lives.

mod listener;
mod person;
mod wills;

use std::time::Duration;

use hw_session::{KeepFailure, Limits, Lost, Settings, Shard};

use crate::bench::*;
use listener::Listener;
use person::{Person, Role, moment};
use wills::Wills;

/// SplitMix64.
pub struct Random(u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % limit as u64) as usize
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// What fits into a minute on a slow machine.
const LIVES: u64 = 400;

const PUBLISHERS: usize = 3;
const READERS: usize = 3;
const BEFORE_MEMBERS: usize = PUBLISHERS + READERS;
const MEMBERS: usize = 2;

/// What becomes of a will after a crash, if its client does not come back.
const WILL_GRACE: Duration = Duration::from_millis(500);

struct Life {
    random: Random,
    bench: Bench,
    people: Vec<Person>,
    listener: Listener,
    limits: Limits,
    waiting_bytes_max: usize,
    shards: u16,
    epoch: u32,
    /// The last ticket that the disk answered.
    answered: u64,
    crashes: usize,
    /// Connections that were cut for what waited for all.
    cut: u64,
    /// Wills that came, and that must not, at a reader.
    wills_came: usize,
    wills_void: usize,
    /// Whether all read what there is: nobody is slow any more.
    ends: bool,
    /// Whether the disk is full now and then.
    fills_up: bool,
}

impl Life {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let shards = 1 + random.below(3) as u16;
        let fills_up = random.one_in(2);
        let limits = Limits {
            inflight_messages_max: 1 + random.below(6) as u16,
            out_buffer_bytes_max: 100 + random.below(2_000),
            will_grace: WILL_GRACE,
            ..Limits::default()
        };
        // In half of the lives slow readers are cut for what waits for all.
        let waiting_bytes_max = [64 << 20, 1_500 + random.below(2_000)][random.below(2)];
        let mut bench = Bench::with_waiting(shards, limits.clone(), waiting_bytes_max);
        bench.world.ticket = 1;
        if random.one_in(2) {
            bench.world.keep.push("#".into());
        }
        let mut people = Vec::new();
        bench.world.retains_on_disk = true;
        for n in 0..PUBLISHERS + READERS + MEMBERS {
            let version = [V3, V5][random.below(2)];
            let (role, letter) = match n {
                0..PUBLISHERS => (Role::Publishes, 'p'),
                PUBLISHERS..BEFORE_MEMBERS => (Role::Reads, 'r'),
                _ => (Role::Shares, 'm'),
            };
            let mut person = Person::new(&format!("{letter}{n}"), version, role);
            let delay_millis = match version {
                V5 => 1_000 * random.below(2) as u64,
                _ => 0,
            };
            person.wills = random.one_in(2).then(|| Wills::after(delay_millis));
            people.push(person);
        }
        let listener = Listener::come(&mut bench, &people[..PUBLISHERS]);
        let mut life = Self {
            random,
            bench,
            people,
            listener,
            limits,
            waiting_bytes_max,
            shards,
            epoch: 7,
            answered: 0,
            crashes: 0,
            cut: 0,
            wills_came: 0,
            wills_void: 0,
            ends: false,
            fills_up,
        };
        for at in PUBLISHERS..life.people.len() {
            life.come(at);
            life.calm();
            let qos = (1 + life.random.below(2)) as u8;
            life.people[at].subscribe(&mut life.bench, qos);
            life.calm();
            life.read(at, usize::MAX);
            assert!(life.people[at].is_subscribed());
        }
        life
    }

    fn step(&mut self) {
        let at = self.random.below(self.people.len());
        match self.random.below(100) {
            0..8 => self.come(at),
            8..12 => self.go(at),
            12..45 => self.publish(),
            45..75 => {
                let bytes = 1 + self.random.below(400);
                self.read(at, bytes);
            }
            75..88 => self.sync(),
            88..94 => self.bench.read_log(),
            94..97 => {
                let millis = self.random.below(1_200) as u64;
                self.tick(millis);
            }
            97 if self.random.one_in(3) => self.crash(),
            _ => {
                let answers = self.random.below(4);
                self.people[at].answer(&mut self.bench, answers);
            }
        }
        self.bench.pass();
        self.hear();
    }

    fn hear(&mut self) {
        let publishers = &self.people[..PUBLISHERS];
        self.listener.hear(&mut self.bench, publishers);
    }

    /// A connection, or another one that takes over.
    fn come(&mut self, at: usize) {
        let person = &mut self.people[at];
        person.connect(&mut self.bench);
    }

    fn go(&mut self, at: usize) {
        let person = &mut self.people[at];
        if self.random.one_in(3) {
            person.say_goodbye(&mut self.bench);
        }
        if let Some(mut client) = person.cut() {
            self.bench.lose(&mut client, Lost::ByPeer);
            person.lost(moment(&self.bench));
        }
    }

    fn publish(&mut self) {
        let at = self.random.below(PUBLISHERS);
        let qos = self.random.below(3) as u8;
        let retain = self.random.one_in(4);
        let window = usize::from(self.limits.inflight_messages_max);
        self.people[at].publish(&mut self.bench, qos, retain, window);
    }

    fn read(&mut self, at: usize, bytes: usize) {
        let person = &mut self.people[at];
        person.read(&mut self.bench, bytes);
    }

    /// The disk answers for some of what it was given, in order; now and then it is full.
    fn sync(&mut self) {
        let waiting = self.bench.world.ticket - self.answered;
        let some = self.random.below(waiting as usize + 1) as u64;
        let full = self.fills_up && self.random.one_in(25);
        self.commit();
        for _ in 0..some {
            self.answer(full);
        }
    }

    fn answer(&mut self, full: bool) {
        self.answered += 1;
        let failure = full.then_some(KeepFailure::Full);
        self.bench.durable(self.answered, failure);
        self.bench.pass();
        for wills in self.people.iter_mut().filter_map(|it| it.wills.as_mut()) {
            wills.durable(self.answered, full);
        }
    }

    fn tick(&mut self, millis: u64) {
        self.bench.tick(millis);
        let now = moment(&self.bench);
        for wills in self.people.iter_mut().filter_map(|it| it.wills.as_mut()) {
            wills.tick(now);
        }
    }

    /// The batch goes to the disk, and another begins; a turn looks at the time before that.
    fn commit(&mut self) {
        self.tick(0);
        self.bench.pass();
        self.hear();
        if !self.ends {
            self.relieve();
        }
        self.bench.world.ticket += 1;
    }

    /// Slow readers are cut for what waits for all.
    fn relieve(&mut self) {
        let now = self.bench.now();
        for client in self.people.iter().filter_map(|it| it.client.as_ref()) {
            self.bench.shards[client.shard].count_waiting(client.slot, 0);
        }
        for shard in &mut self.bench.shards {
            let before = shard.counters().slow_receivers;
            shard.relieve(&mut self.bench.world, now);
            self.cut += shard.counters().slow_receivers - before;
        }
    }

    /// Everything arrives that is on its way.
    fn calm(&mut self) {
        for _ in 0..6 {
            while self.answered < self.bench.world.ticket {
                self.answer(false);
            }
            self.commit();
            self.bench.read_log();
            self.bench.pass();
        }
    }

    /// Kills the server, and starts it on what was on disk.
    fn crash(&mut self) {
        self.crashes += 1;
        self.epoch += 1;
        for person in &mut self.people {
            person.crash(&self.bench, WILL_GRACE.as_millis() as u64);
        }
        let world = &mut self.bench.world;
        let sessions = world.log.after_a_crash();
        world.retained_after_a_crash();
        world.log.forget_undurable();
        world.tree.clear();
        world.fetches.clear();
        world.noted.clear();
        // A ticket that was given out is not given again.
        world.ticket += 1;
        self.answered = world.ticket - 1;
        let now = self.bench.now();
        let shard = |number| {
            Shard::new(Settings {
                shard: number,
                shards: self.shards,
                epoch: self.epoch,
                flights_max: 8,
                waiting_bytes_max: self.waiting_bytes_max,
                limits: self.limits.clone(),
            })
        };
        self.bench.shards = (0..self.shards).map(shard).collect();
        for (image, debts) in sessions.0 {
            let home = hw_session::home_shard(image.account, &image.client_id, self.shards);
            let shard = &mut self.bench.shards[usize::from(home)];
            shard.restore(&mut self.bench.world, now, image, &debts);
        }
        let publishers = &self.people[..PUBLISHERS];
        self.listener.come_again(&mut self.bench, publishers);
    }

    /// Everybody comes back and reads all there is.
    fn end(&mut self) {
        self.ends = true;
        let mut still = 0;
        while still < 5 {
            let before: usize = self.people.iter().map(Person::packets).sum();
            for at in 0..self.people.len() {
                if !self.people[at].is_connected() {
                    self.come(at);
                }
                self.calm();
                self.read(at, usize::MAX);
                self.people[at].answer(&mut self.bench, usize::MAX);
                self.bench.pass();
            }
            let after: usize = self.people.iter().map(Person::packets).sum();
            let done = after == before && self.people.iter().all(Person::is_done);
            still = if done { still + 1 } else { 0 };
            assert!(after < 100_000, "it never ends");
        }
    }

    fn check(&mut self) {
        // What a full disk refused comes again, behind what was taken meanwhile, or never.
        let is_told = !self.fills_up;
        self.hear();
        let people = &self.people;
        self.listener.check(&people[..PUBLISHERS]);
        let members: Vec<&Person> = people[BEFORE_MEMBERS..].iter().collect();
        for publisher in &people[..PUBLISHERS] {
            person::check(&members, publisher);
            person::check_retained(&mut self.bench, publisher, is_told);
        }
        for reader in &people[PUBLISHERS..BEFORE_MEMBERS] {
            for publisher in &people[..PUBLISHERS] {
                person::check(&[reader], publisher);
                if is_told {
                    person::check_order(reader, publisher);
                }
            }
            for person in people {
                let (came, void) = person::check_wills(reader, person, is_told);
                self.wills_came += came;
                self.wills_void += void;
            }
        }
    }
}

fn live(seed: u64, steps: usize) -> Life {
    let mut life = Life::new(seed);
    for _ in 0..steps {
        life.step();
    }
    life.end();
    life.check();
    life
}

#[test]
fn nothing_that_was_taken_is_lost_or_comes_twice() {
    let lives = std::env::var("HEADWATER_SIM_SEEDS").ok();
    let lives: u64 = lives.and_then(|it| it.parse().ok()).unwrap_or(LIVES);
    let (mut crashes, mut taken, mut again, mut cut) = (0, 0, 0, 0);
    let (mut came, mut void) = (0, 0);
    for seed in 0..lives {
        let life = std::panic::catch_unwind(|| live(seed, 600));
        let life = life.unwrap_or_else(|_| panic!("seed {seed}"));
        crashes += life.crashes;
        cut += life.cut as usize;
        came += life.wills_came;
        void += life.wills_void;
        let people = &life.people;
        taken += people.iter().map(Person::taken).sum::<usize>();
        again += people.iter().map(|it| it.again).sum::<usize>();
    }
    // The lives must be eventful, or the checks say nothing.
    let lives = lives as usize;
    let eventful = crashes > lives && taken > 5 * lives && again > lives && cut > lives / 4;
    assert!(
        eventful && came > 5 * lives && void > 5 * lives,
        "{crashes} crashes, {taken} taken, {again} again, {cut} cut, {came} wills and {void} void"
    );
}

#[test]
#[ignore = "for looking at one life: HEADWATER_SIM_SEED"]
fn one_life() {
    let seed = std::env::var("HEADWATER_SIM_SEED").ok();
    let seed = seed.and_then(|it| it.parse().ok()).unwrap_or(0);
    let mut life = Life::new(seed);
    for step in 0..600 {
        let before = life.bench.world.log.len();
        let crashes = life.crashes;
        life.step();
        for line in life.bench.world.log.lines(before) {
            eprintln!("{step}: {line}");
        }
        if life.crashes > crashes {
            eprintln!("{step}: CRASH");
        }
        for event in life.bench.world.news() {
            eprintln!("{step}: {event}");
        }
    }
    life.end();
    for at in PUBLISHERS..life.people.len() {
        let client = life.people[at].client.as_ref().unwrap();
        let shard = &life.bench.shards[client.shard];
        let glance = shard.glance(client.slot).unwrap();
        eprintln!(
            "{at}: unacked {} acks {} {:?}",
            glance.unacknowledged,
            glance.acknowledgements_waiting,
            shard
                .session_numbers()
                .iter()
                .map(|it| (
                    it & 0xff,
                    shard.debts(*it),
                    shard.image(*it).unwrap().assigned
                ))
                .collect::<Vec<_>>()
        );
    }
    eprintln!(
        "{:?} {}",
        life.bench.world.fetches, life.limits.inflight_messages_max
    );
    life.check();
}
