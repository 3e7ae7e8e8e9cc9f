// SPDX-License-Identifier: Apache-2.0
//! Measures what the flight recorder and presence messages cost:
//! `cargo run --release -p hw-session --example figures`. The same through the same machine, with and
//! without, in turn.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hw_model::{AccountId, Timestamp};
use hw_mqtt::{Connect, Properties, Publish, Qos, SubscribeOptions, Version, encode};
use hw_session::journal::{Keeping, Note, Owner};
use hw_session::{
    Ahead, Appended, ConnectFacts, Happening, Host, Inbound, Life, Limits, Lost, Noted, Now,
    Opening, PrincipalUse, Retained, Settings, Shard, Slot, Subscriber, Ticket, Verdict,
};

const MESSAGES: u64 = 500_000;
const BURST: usize = 64;
const ROUNDS: usize = 15;

/// Allows all, routes everything to everybody, keeps all or nothing.
#[derive(Default)]
struct Open(Vec<Subscriber>, bool);

impl Host for Open {
    type Auth = ();
    fn connect(&mut self, _: &mut (), _: &ConnectFacts<'_>) -> Verdict {
        Verdict::Allowed
    }
    fn publish(&mut self, _: &mut (), _: &str, _: bool) -> Verdict {
        Verdict::Allowed
    }
    fn subscribe(&mut self, _: &mut (), _: &str) -> Verdict {
        Verdict::Allowed
    }
    fn receive_ahead(&mut self, _: &mut (), _: &str) -> Ahead {
        Ahead::Always
    }
    fn receive(&mut self, _: &mut (), _: &str) -> bool {
        true
    }
    fn refresh(&mut self, _: &mut ()) -> Result<bool, String> {
        Ok(false)
    }
    fn insert(&mut self, _: AccountId, _: &str, subscriber: Subscriber) {
        self.0.push(subscriber);
    }
    fn remove(&mut self, _: AccountId, _: &str, _: &Subscriber) {}
    fn route(&mut self, _: AccountId, _: &str, found: &mut Vec<Subscriber>) {
        found.extend_from_slice(&self.0);
    }
    fn routes_version(&mut self, _: AccountId) -> u64 {
        self.0.len() as u64
    }
    fn tap(&mut self, (): &(), _: &Inbound<'_>, _: &Subscriber) {}
    fn group(&mut self, _: AccountId, _: &str, _: &str) -> u32 {
        1
    }

    fn turn(&mut self, _: AccountId, _: u32) -> u64 {
        0
    }
    fn retain(&mut self, (): &(), _: Now, _: &Inbound<'_>) -> Result<Option<Ticket>, String> {
        Ok(None)
    }
    fn retained(&mut self, _: AccountId, _: Now, _: &str, _: &mut Vec<Arc<Retained>>) {}
    fn keeps(&mut self, _: AccountId, _: &str) -> bool {
        self.1
    }
    fn append(&mut self, (): &(), _: &Inbound<'_>, _: &Keeping<'_>) -> Appended {
        Appended {
            ticket: Ticket(1),
            spot: 0,
        }
    }
    fn owner(&self, (): &()) -> Owner {
        Owner::default()
    }
    fn revive(&mut self, _: AccountId, _: &Owner, _: &str) -> Option<()> {
        None
    }
    fn number_session(&mut self) -> u64 {
        1
    }
    fn note(&mut self, _: AccountId, _: u64, _: &Note<'_>) -> Ticket {
        Ticket(1)
    }
    fn is_writing(&self) -> bool {
        false
    }
    fn noted(&mut self, _: Ticket, _: &mut Vec<Noted>) {}
    fn fetch(&mut self, _: u64, _: &[u64]) {}
    fn server(&mut self, _: AccountId) {}
    fn life(&self, (): &(), _: &Life<'_>) -> Vec<u8> {
        Vec::new()
    }
    fn principal_use(&mut self, (): &(), _: Now) -> Arc<PrincipalUse> {
        Arc::default()
    }
    fn happened(&mut self, (): &(), _: Happening) {}
    fn happened_away(&mut self, _: AccountId, _: &Owner, _: &str, _: Happening) {}
}

struct Run {
    shard: Shard<Open>,
    host: Open,
    now: Now,
}

impl Run {
    fn new(flights_max: usize) -> Self {
        let settings = Settings {
            shard: 0,
            shards: 1,
            epoch: 1,
            flights_max,
            waiting_bytes_max: 64 << 20,
            limits: Limits::default(),
        };
        let now = Now {
            wall: Timestamp(1_700_000_000_000_000),
            monotonic: Duration::from_secs(1),
        };
        Self {
            shard: Shard::new(settings),
            host: Open::default(),
            now,
        }
    }

    fn connect(&mut self, client_id: &str) -> Slot {
        let mut connect = Vec::new();
        let hello = Connect {
            version: Version::V311,
            bridge: false,
            clean_start: true,
            keep_alive_seconds: 0,
            client_id,
            will: None,
            user_name: None,
            password: None,
            properties: Properties::EMPTY,
        };
        encode::connect(&mut connect, &hello).expect("a CONNECT");
        let opening = Opening {
            auth: (),
            account: AccountId::FIRST,
            connect,
            client_id: client_id.into(),
            until: None,
        };
        self.shard.open(&mut self.host, self.now, opening)
    }

    fn drain(&mut self, slot: Slot) {
        while let Some(output) = self.shard.output(slot) {
            let bytes = output.unsent().len();
            if bytes == 0 {
                break;
            }
            self.shard.sent(&mut self.host, self.now, slot, bytes);
        }
    }

    /// Nanoseconds a message.
    fn measure(&mut self, receivers: usize) -> f64 {
        let publisher = self.connect("publisher");
        let slots: Vec<Slot> = (0..receivers)
            .map(|n| {
                let slot = self.connect(&format!("receiver-{n}"));
                let mut packet = Vec::new();
                let filters = [("a/b", SubscribeOptions::at(Qos::AtMostOnce))];
                encode::subscribe(&mut packet, Version::V311, 1, Properties::EMPTY, filters)
                    .expect("a SUBSCRIBE");
                self.shard.input(&mut self.host, self.now, slot, &packet);
                slot
            })
            .collect();
        let message = Publish {
            dup: false,
            qos: Qos::AtMostOnce,
            retain: false,
            topic: "a/b",
            packet_id: 0,
            properties: Properties::EMPTY,
            payload: &[b'x'; 100],
        };
        let mut burst = Vec::new();
        for _ in 0..BURST {
            encode::publish(
                &mut burst,
                Version::V311,
                &message,
                &encode::PublishExtra::default(),
            )
            .expect("a PUBLISH");
        }
        let messages = MESSAGES / receivers as u64;
        let began = Instant::now();
        for _ in 0..messages / BURST as u64 {
            self.shard
                .input(&mut self.host, self.now, publisher, &burst);
            slots.iter().for_each(|slot| self.drain(*slot));
            self.drain(publisher);
            let mut dirty = Vec::new();
            self.shard.dirty(&mut dirty);
        }
        began.elapsed().as_nanos() as f64 / messages as f64
    }
}

/// Nanoseconds a client that comes and goes.
fn storm(kept: bool) -> f64 {
    const CLIENTS: u32 = 20_000;
    let mut run = Run::new(0);
    run.host.1 = kept;
    let names: Vec<_> = (0..CLIENTS).map(|n| format!("client-{n}")).collect();
    let began = Instant::now();
    for name in &names {
        let slot = run.connect(name);
        run.drain(slot);
        let (shard, host) = (&mut run.shard, &mut run.host);
        shard.lost(host, run.now, slot, Lost::ByPeer);
    }
    began.elapsed().as_nanos() as f64 / f64::from(CLIENTS)
}

/// What a busy machine disturbs only ever takes longer.
fn least(figures: &[f64]) -> f64 {
    figures.iter().copied().fold(f64::INFINITY, f64::min)
}

fn main() {
    for receivers in [1, 10] {
        let (mut off, mut on) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            off.push(Run::new(0).measure(receivers));
            on.push(Run::new(32_768).measure(receivers));
        }
        let (off, on) = (least(&off), least(&on));
        println!(
            "{receivers} receivers: {off:.1} ns a message without, {on:.1} ns with the recorder: \
             {:+.1} ns",
            on - off
        );
    }
    let figure = |kept| least(&(0..ROUNDS).map(|_| storm(kept)).collect::<Vec<_>>());
    let (unheard, kept) = (figure(false), figure(true));
    println!(
        "a client comes and goes: {unheard:.0} ns unheard, {kept:.0} ns with two presence messages"
    );
}
