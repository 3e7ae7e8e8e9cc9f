// SPDX-License-Identifier: Apache-2.0
//! A shard: the machine, its host, its connections, and the turn that drives them. Whoever holds
//! the lock of a [`crate::lane::Lane`] may run a turn: its own thread, or a sender in its place.

mod arrive;
pub mod clients;
mod commit;
mod commits;
mod connection;
mod exchange;
mod inject;
mod keeping;
mod light;
mod prompt;
mod read;
mod recall;
pub mod thread;
mod watchers;
mod write;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::atomic::Ordering;
use std::time::Duration;

use hw_session::{Counters, Forward, Lost, Now, Settings, Slot};
use mio::{Events, Registry};

use crate::handover::Handover;
use crate::host::ShardHost;
use crate::lane::{Completion, Lane};
use crate::linger::Lingering;
use crate::pool::Pool;
use crate::shared::Shared;
use commits::Commits;
use connection::{Broken, Connection};
pub use watchers::Told;
use watchers::Watcher;

/// Sealed buffers that a shard keeps for its next turn, and their size.
const SPARE_BUFFERS_MAX: usize = 64;
const SPARE_BUFFER_BYTES_MAX: usize = 64 << 10;

/// Most time that a change of a certificate or policy waits for its look at live connections.
const REFRESH_WAIT_MAX: Duration = Duration::from_millis(500);

/// Until when a connection is not read, its number among those that have rested, and its slot.
type Rest = (Duration, u64, u32, u32);

/// All that a turn works on.
pub struct ShardState {
    machine: hw_session::Shard<ShardHost>,
    host: ShardHost,
    registry: Registry,
    connections: Vec<Option<Connection>>,
    /// Connections that may have something to read, each once.
    ready: VecDeque<u32>,
    dirty: Vec<Slot>,
    /// Every read of every connection lands here.
    buffer: Box<[u8]>,
    pool: Pool,
    lingering: Lingering,
    arrivals: Vec<Handover>,
    inbound: Vec<Forward>,
    completions: Vec<Completion>,
    /// Who waits for messages that came by no connection.
    injected: inject::Waiting,
    /// How the Log answered the last group commits.
    commits: Commits,
    watchers: Vec<Watcher>,
    /// In which it is counted who sends little.
    window: light::Window,
    prompt: prompt::Prompt,
    /// Connections that are not read for a while, by until when; each is the slot's.
    resting: BinaryHeap<Reverse<Rest>>,
    /// How many have rested: of those that end at once, the first comes first.
    rests: u64,
    seen_generation: u64,
    /// Before that moment changes of principals wait, so that a storm of them costs little.
    refresh_from: Duration,
    next_tick: Option<Duration>,
    stops_since: Option<Duration>,
    ends_at: Option<Duration>,
    loops: LoopCounters,
}

/// What a shard's loop has counted, beside what its machine has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoopCounters {
    /// Turns in all.
    pub turns: u64,
    /// Turns that another shard ran in this one's place.
    pub turns_in_place: u64,
    /// Turns in which nothing was read because another shard or the Log was behind.
    pub turns_paused: u64,
    /// Connections that came from the doors.
    pub arrivals: u64,
    /// Times that the cached policy decisions were thrown away for want of room.
    pub decisions_emptied: u64,
}

impl ShardState {
    /// A shard without connections.
    pub fn new(settings: Settings, host: ShardHost, registry: Registry, shared: &Shared) -> Self {
        let limits = &shared.limits;
        let commits = Commits::new(settings.flights_max);
        Self {
            machine: hw_session::Shard::new(settings),
            host,
            registry,
            connections: Vec::new(),
            ready: VecDeque::new(),
            dirty: Vec::new(),
            buffer: vec![0; limits.read_bytes_per_turn_max].into_boxed_slice(),
            pool: Pool::new(SPARE_BUFFERS_MAX, SPARE_BUFFER_BYTES_MAX),
            lingering: Lingering::new(limits.linger, limits.lingering_max),
            arrivals: Vec::new(),
            inbound: Vec::new(),
            completions: Vec::new(),
            injected: inject::Waiting::new(),
            commits,
            watchers: Vec::new(),
            window: light::Window::default(),
            prompt: prompt::Prompt::default(),
            resting: BinaryHeap::new(),
            rests: 0,
            seen_generation: shared.admission.generation().load(Ordering::Acquire),
            refresh_from: Duration::ZERO,
            next_tick: Some(Duration::ZERO),
            stops_since: None,
            ends_at: None,
            loops: LoopCounters::default(),
        }
    }

    /// One turn: takes what waits, reads, writes, hands on. Says when the next is due: in the past
    /// for "at once", `None` for "when something comes".
    pub fn turn(
        &mut self,
        shared: &Shared,
        lane: &Lane,
        events: Option<&Events>,
    ) -> Option<Duration> {
        let now = shared.now();
        self.loops.turns += 1;
        self.host.begin_turn(now);
        // Before anything that others change is looked at: who changes it later leaves a new sign.
        let has_work = lane.take_work();
        let refresh_at = self.refresh_if_changed(shared, now);
        if has_work {
            self.take_completions(lane, now);
            self.take_inbound(shared, lane, now);
            self.take_brought(lane, now);
            self.take_arrivals(lane, now);
        }
        if let Some(events) = events {
            self.note_events(events);
        }
        self.end_rests(now);
        self.window.turn(now);
        let paused = self.is_paused(shared, lane);
        let more = if paused {
            self.loops.turns_paused += 1;
            self.read_meanwhile(shared, lane, now)
        } else {
            self.take_injections(lane, now);
            self.read_ready(shared, now);
            !self.ready.is_empty()
        };
        self.stop_if_told(shared, now);
        self.next_tick = self
            .machine
            .tick(&mut self.host, now)
            .map(|span| now.monotonic + span);
        self.machine.relieve(&mut self.host, now);
        self.commit(shared, lane);
        self.write_dirty(shared, now);
        self.send_outbox(shared, lane, events.is_some());
        self.lingering.sweep(now.monotonic);
        if more || self.host.has_batch() || self.machine.has_strays() {
            return Some(Duration::ZERO);
        }
        let patience = self.stops_since.filter(|_| self.ends_at.is_none());
        let patience = patience.map(|since| since + shared.limits.shutdown_grace);
        let lingering = self.lingering.next();
        let due = [
            self.next_tick,
            lingering,
            self.resting.peek().map(|Reverse((until, ..))| *until),
            refresh_at,
            self.ends_at,
            patience,
        ];
        due.into_iter().flatten().min()
    }

    /// A turn in the place of the shard's own thread, which sleeps in its poll.
    pub fn turn_in_place(&mut self, shared: &Shared, lane: &Lane) {
        self.loops.turns_in_place += 1;
        let next = self.turn(shared, lane, None);
        if lane.set_due(next) {
            lane.wake();
        }
    }

    /// Whether the shard has ended: told to stop, and nothing left or no time left.
    pub fn has_ended(&self, now: Duration) -> bool {
        let empty = || self.connections.iter().all(Option::is_none);
        self.ends_at.is_some_and(|at| at <= now || empty())
    }

    /// Lets go of every socket: the last thing that its thread does.
    pub fn close_all(&mut self) {
        self.connections.clear();
        self.lingering.clear();
        self.arrivals.clear();
    }

    /// Counts for people.
    pub fn counters(&self) -> (Counters, LoopCounters) {
        let loops = LoopCounters {
            decisions_emptied: self.host.decisions_emptied(),
            ..self.loops
        };
        (self.machine.counters(), loops)
    }

    /// Looks at every connection after a change. Of the time, at most about a tenth goes into it:
    /// with few connections it is at once, and never later than [`REFRESH_WAIT_MAX`]. Says when, if
    /// not yet.
    fn refresh_if_changed(&mut self, shared: &Shared, now: Now) -> Option<Duration> {
        let generation = shared.admission.generation().load(Ordering::Acquire);
        if generation == self.seen_generation {
            return None;
        }
        if now.monotonic < self.refresh_from {
            return Some(self.refresh_from);
        }
        self.seen_generation = generation;
        self.machine.refresh(&mut self.host, now);
        let spent = shared.clock.monotonic().saturating_sub(now.monotonic);
        self.refresh_from = now.monotonic + (spent * 10).min(REFRESH_WAIT_MAX);
        None
    }

    /// Shutdown: waits until the Log has answered, for a while, then tells the clients.
    fn stop_if_told(&mut self, shared: &Shared, now: Now) {
        if !shared.stop.load(Ordering::SeqCst) || self.ends_at.is_some() {
            return;
        }
        let grace = shared.limits.shutdown_grace;
        let since = *self.stops_since.get_or_insert(now.monotonic);
        if self.machine.counters().acknowledgements_waiting == 0 || since + grace <= now.monotonic {
            self.ends_at = Some(now.monotonic + grace);
            self.machine.shutdown(&mut self.host, now);
        }
    }

    /// Tells the machine that a socket is gone, and lets it go.
    fn end(&mut self, slot: Slot, lost: Lost, now: Now) {
        let closed_by_us = lost == Lost::Closed;
        self.machine.lost(&mut self.host, now, slot, lost);
        let place = self.connections.get_mut(slot.index as usize);
        let Some(mut connection) = place.and_then(Option::take) else {
            return;
        };
        if closed_by_us {
            connection.say_goodbye();
        }
        if let Err(error) = self.registry.deregister(&mut connection.socket) {
            tracing::warn!(%error, "a closed connection can't be taken out of the poll");
        } else if closed_by_us {
            self.lingering.push(now.monotonic, connection.socket.into());
        }
    }
}

impl From<Broken> for Lost {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::ByPeer => Lost::ByPeer,
            Broken::Error(why) => Lost::Error(why),
        }
    }
}
