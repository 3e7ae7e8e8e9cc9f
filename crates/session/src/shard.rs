// SPDX-License-Identifier: Apache-2.0
//! The machine of one shard: its state, and what the loop asks of it beside the packets.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use hw_model::TraceId;
use hw_model::trace::Producer;
use hw_mqtt::PropertyBuf;

use crate::acks::Acks;
use crate::connect_rate::ConnectRate;
use crate::consumed::Consumed;
use crate::encodings::Encodings;
use crate::flights::Flights;
use crate::given_on::Stray;
use crate::held::HeldBack;
use crate::journal::Recipient;
use crate::last_topics::LastTopics;
use crate::names::Names;
use crate::output::Pool;
use crate::owed_bound::OwedBound;
use crate::placing::Placings;
use crate::retained::Granted;
use crate::sessions::Sessions;
use crate::slots::Slots;
use crate::unanswered::Unanswered;
use crate::unwritten::Unwritten;
use crate::versions::Versions;
use crate::wheel::Wheel;
use crate::{Counters, Forward, Host, Noted, Now, Output, Retained, Settings, Slot, Subscriber};

/// A shard: the sessions that have their home there. See the crate's documentation for a turn.
pub struct Shard<H: Host> {
    pub(crate) settings: Settings,
    pub(crate) connections: Slots<H::Auth>,
    pub(crate) names: Names,
    pub(crate) wheel: Wheel<Slot>,
    pub(crate) acks: Acks,
    pub(crate) unanswered: Unanswered,
    pub(crate) held: HeldBack,
    /// Messages that wait for the Log, and whose place others have taken.
    pub(crate) taken_back: HashSet<TraceId>,
    /// What publishers have not released.
    pub(crate) unreleased_bytes: usize,
    pub(crate) placings: Placings,
    pub(crate) sessions: Sessions,
    /// Sessions without a connection, by when they are to be looked at.
    pub(crate) session_wheel: Wheel<u64>,
    pub(crate) consumed: Consumed,
    pub(crate) unwritten: Unwritten,
    pub(crate) versions: Versions,
    pub(crate) connect_rate: ConnectRate,
    /// Receivers that are to be cut once the message at hand is delivered.
    pub(crate) slow: Vec<Slot>,
    pub(crate) cutting: bool,
    /// Messages of groups whose members had gone when they came.
    pub(crate) strays: VecDeque<Stray>,
    /// Bytes of retained messages that parting sessions were given to owe in this turn.
    pub(crate) parting_bytes: usize,
    /// Until when publishers may have sent what was not read.
    pub(crate) unheard_until: Duration,
    pub(crate) encodings: Encodings,
    pub(crate) pool: Pool,
    pub(crate) counters: Counters,
    pub(crate) flights: Flights,
    pub(crate) last_topics: LastTopics,
    pub(crate) owed_bound: OwedBound,
    /// What waits for all connections, as far as it was counted.
    pub(crate) waiting_bytes: usize,
    /// Whether it shuts down: no connection is taken any more.
    pub(crate) draining: bool,
    sequence: u64,
    dirty: Vec<Slot>,
    outbox: Vec<Forward>,
    /// Scratch memory, taken while in use.
    pub(crate) scratch: Scratch,
}

/// Memory that is used for one message or packet and then again.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) found: Vec<Subscriber>,
    pub(crate) merged_ids: Vec<u32>,
    pub(crate) topic: String,
    pub(crate) properties: PropertyBuf,
    pub(crate) codes: Vec<u8>,
    pub(crate) granted: Vec<Granted>,
    pub(crate) retained: Vec<Arc<Retained>>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) owed: Vec<Recipient>,
    pub(crate) sessions: Vec<u64>,
    pub(crate) notes: Vec<Noted>,
}

impl<H: Host> Shard<H> {
    /// An empty shard.
    pub fn new(settings: Settings) -> Self {
        let outbox = (0..settings.shards).map(|_| Forward::default()).collect();
        let flights = Flights::new(settings.flights_max, settings.shards);
        let owed_bound = OwedBound::of(settings.limits.session_messages_max);
        Self {
            settings,
            connections: Slots::new(),
            names: Names::default(),
            wheel: Wheel::new(),
            acks: Acks::default(),
            unanswered: Unanswered::default(),
            held: HeldBack::default(),
            taken_back: HashSet::new(),
            unreleased_bytes: 0,
            placings: Placings::default(),
            sessions: Sessions::default(),
            session_wheel: Wheel::new(),
            consumed: Consumed::default(),
            unwritten: Unwritten::default(),
            versions: Versions::default(),
            connect_rate: ConnectRate::default(),
            slow: Vec::new(),
            cutting: false,
            strays: VecDeque::new(),
            parting_bytes: 0,
            unheard_until: Duration::ZERO,
            encodings: Encodings::default(),
            pool: Pool::default(),
            counters: Counters::default(),
            flights,
            last_topics: LastTopics::default(),
            owed_bound,
            waiting_bytes: 0,
            draining: false,
            sequence: 0,
            dirty: Vec::new(),
            outbox,
            scratch: Scratch::default(),
        }
    }

    /// Appends the connections that have something to write or are to be closed; each comes once
    /// a turn. One whose socket is full comes again only when more is written to it.
    pub fn dirty(&mut self, out: &mut Vec<Slot>) {
        for slot in self.dirty.drain(..) {
            if let Some(connection) = self.connections.get_mut(slot) {
                connection.dirty = false;
                out.push(slot);
            }
        }
    }

    /// How many connections that would append.
    pub fn dirty_count(&self) -> usize {
        self.dirty.len()
    }

    /// What a connection has to write; `None` if it is gone.
    pub fn output(&self, slot: Slot) -> Option<&Output> {
        self.connections
            .get(slot)
            .map(|connection| &connection.output)
    }

    /// Says that the first `bytes` of [`Output::unsent`] were written. Messages that waited for
    /// room follow: then there is more unsent, and the connection is dirty again.
    pub fn sent(&mut self, host: &mut H, now: Now, slot: Slot, bytes: usize) {
        let Some(connection) = self.connections.get_mut(slot) else {
            return;
        };
        connection.output.advance(bytes, &mut self.pool);
        if connection.output.unsent_bytes() == 0 {
            connection.dropping = false;
        }
        if connection.has_queue() {
            self.pump(host, now, slot);
        }
    }

    /// The batch for each shard, by its number; the own one stays empty. Take those that are not
    /// empty (`std::mem::take`, or swap in one that was [`Forward::clear`]ed).
    pub fn outbox(&mut self) -> &mut [Forward] {
        &mut self.outbox
    }

    /// Whether messages of groups look for other members: there is to be another turn soon.
    pub fn has_strays(&self) -> bool {
        !self.strays.is_empty()
    }

    /// What was counted, and what there is now.
    pub fn counters(&self) -> Counters {
        Counters {
            connections: self.names.len() as u64,
            sessions: self.sessions.len() as u64,
            acknowledgements_waiting: self.acks.len() as u64,
            waiting_bytes: self.waiting_bytes as u64,
            unreleased_bytes: self.unreleased_bytes as u64,
            ..self.counters
        }
    }

    /// The sequence of the last message that was taken in.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Has the connection told to the loop, once.
    #[inline]
    pub(crate) fn touch(&mut self, slot: Slot) {
        if let Some(connection) = self.connections.get_mut(slot)
            && !connection.dirty
        {
            connection.dirty = true;
            self.dirty.push(slot);
        }
    }

    /// The id of the next message that is taken in.
    pub(crate) fn stamp(&mut self) -> TraceId {
        self.sequence += 1;
        let producer = Producer {
            epoch: self.settings.epoch,
            shard: self.settings.shard,
        };
        TraceId {
            producer,
            sequence: self.sequence,
        }
    }

    /// Appends a packet for a client, unless it takes none of that size: then says so.
    #[must_use]
    pub(crate) fn write(&mut self, slot: Slot, packet: impl FnOnce(&mut Vec<u8>)) -> bool {
        let Some(connection) = self.connections.get_mut(slot) else {
            return true;
        };
        let out = connection.output.buffer(&mut self.pool);
        let start = out.len();
        packet(out);
        let fits = out.len() - start <= connection.packet_bytes_max as usize;
        if !fits {
            out.truncate(start);
        }
        self.touch(slot);
        fits
    }
}
