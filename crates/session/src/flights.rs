// SPDX-License-Identifier: Apache-2.0
//! The flight recorder: what became of the last messages, in memory of a fixed size.
//!
//! An entry is a line of words that is written in place while its message passes: no allocation,
//! no clock, a few stores for a message and one or two for a delivery. Names are looked up by
//! whoever asks later. Messages that this shard took in stand at the place of their sequence, so
//! that one is found at once; those that came from other shards stand one behind the other.

use hw_model::{AccountId, TraceId};

use crate::{Now, Slot, Ticket};

/// Receivers of a message that are remembered one by one; the others are counted.
pub const RECEIVERS_MAX: usize = 5;

/// Words of an entry; see the constants below for what stands where.
const WORDS: usize = 12;

const SEQUENCE: usize = 0;
const TIME: usize = 1;
/// Slot of the publisher; of a message from another shard, that shard's number.
const FROM: usize = 2;
const TICKET: usize = 3;
/// Sent in the low half, forwarded to other shards in the high half.
const SENT: usize = 4;
/// Four counts of 16 bits that stop at their greatest value: one for each [`Fate`] but `Sent`.
const UNSENT: usize = 5;
/// Account in the low 44 bits, then receivers that are named, then their fates, 3 bits each.
const WHO: usize = 6;
const RECEIVERS: usize = 7;

const ACCOUNT_BITS: u32 = 44;
const COUNT_BITS: u32 = 4;
const FATE_BITS: u32 = 3;

type Line = [u64; WORDS];

/// What became of one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Fate {
    /// Put into the receiver's buffer.
    Sent = 0,
    /// QoS 1 that waits until the receiver has room.
    Queued = 1,
    /// QoS 0 that a receiver's full buffer left no room for.
    Full = 2,
    /// `iot:Receive` is not allowed.
    Refused = 3,
    /// The receiver had gone, or takes no packet of that size.
    Lost = 4,
}

impl Fate {
    fn from_bits(bits: u64) -> Self {
        match bits {
            0 => Self::Sent,
            1 => Self::Queued,
            2 => Self::Full,
            3 => Self::Refused,
            _ => Self::Lost,
        }
    }
}

/// What is remembered of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flight {
    /// When it was taken in, or came from another shard: microseconds since 1970.
    pub time: i64,
    /// Who published it; `None` if that was on another shard.
    pub publisher: Option<Slot>,
    /// Whose it is.
    pub account: Option<AccountId>,
    /// Its group commit, if it is kept.
    pub ticket: Option<Ticket>,
    /// Deliveries by fate, as [`Fate`] numbers them.
    pub fates: [u32; 5],
    /// Deliveries handed to other shards.
    pub forwarded: u32,
    /// The first receivers.
    pub receivers: Vec<(Slot, Fate)>,
}

/// The last messages of a shard.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    /// First the own, then as many from other shards.
    lines: Vec<Line>,
    places: usize,
    foreign: usize,
    current: usize,
}

impl Flights {
    /// Remembers about so many messages; 0 is off. Memory is used as messages come.
    pub(crate) fn new(messages_max: usize, shards: u16) -> Self {
        let places = match messages_max {
            0 => 0,
            some => some.next_power_of_two(),
        };
        let rings = if shards > 1 { 2 } else { 1 };
        Self {
            // Zeroed pages of the system: none is there before it is written.
            lines: vec![[0; WORDS]; places * rings],
            places,
            foreign: 0,
            current: usize::MAX,
        }
    }

    /// A message that this shard took in: what is noted next is about it.
    #[inline]
    pub(crate) fn begin(&mut self, trace: TraceId, now: Now, from: Slot, account: AccountId) {
        self.current = trace.sequence as usize & self.places.wrapping_sub(1);
        if let Some(line) = self.lines.get_mut(self.current) {
            line[SEQUENCE] = trace.sequence;
            line[TIME] = now.wall.0 as u64;
            line[FROM] = packed(from);
            (line[TICKET], line[SENT], line[UNSENT]) = (0, 0, 0);
            line[WHO] = account.number() & ((1 << ACCOUNT_BITS) - 1);
        }
    }

    /// What is noted next is about a message that this shard took in before, if it is remembered.
    pub(crate) fn again(&mut self, trace: TraceId) {
        let place = trace.sequence as usize & self.places.wrapping_sub(1);
        let is_it = |line: &Line| line[SEQUENCE] == trace.sequence;
        let known = place < self.places && self.lines.get(place).is_some_and(is_it);
        self.current = if known { place } else { usize::MAX };
    }

    /// A message that another shard took in.
    #[inline]
    pub(crate) fn begin_foreign(&mut self, trace: TraceId, now: Now) {
        self.current = self.places + (self.foreign & self.places.wrapping_sub(1));
        self.foreign = self.foreign.wrapping_add(1);
        if let Some(line) = self.lines.get_mut(self.current) {
            line[SEQUENCE] = trace.sequence;
            line[TIME] = now.wall.0 as u64;
            line[FROM] = u64::from(trace.producer.shard);
            (line[TICKET], line[SENT], line[UNSENT], line[WHO]) = (0, 0, 0, 0);
        }
    }

    /// A delivery of the message.
    #[inline]
    pub(crate) fn note(&mut self, receiver: Slot, fate: Fate) {
        let Some(line) = self.lines.get_mut(self.current) else {
            return;
        };
        if fate == Fate::Sent {
            line[SENT] = line[SENT].wrapping_add(1);
        } else {
            let shift = 16 * (fate as u32 - 1);
            if (line[UNSENT] >> shift) & 0xffff < 0xffff {
                line[UNSENT] += 1 << shift;
            }
        }
        let named = (line[WHO] >> ACCOUNT_BITS) as usize & ((1 << COUNT_BITS) - 1);
        if named < RECEIVERS_MAX {
            line[RECEIVERS + named] = packed(receiver);
            let at = ACCOUNT_BITS + COUNT_BITS + FATE_BITS * named as u32;
            line[WHO] = (line[WHO] + (1 << ACCOUNT_BITS)) | (fate as u64) << at;
        }
    }

    /// A delivery handed to another shard.
    #[inline]
    pub(crate) fn note_forwarded(&mut self) {
        if let Some(line) = self.lines.get_mut(self.current) {
            line[SENT] = line[SENT].wrapping_add(1 << 32);
        }
    }

    /// The message's group commit.
    #[inline]
    pub(crate) fn note_kept(&mut self, ticket: Ticket) {
        if let Some(line) = self.lines.get_mut(self.current) {
            line[TICKET] = ticket.0;
        }
    }

    /// What is remembered of a message that this shard took in.
    pub(crate) fn own(&self, trace: TraceId) -> Option<Flight> {
        let place = trace.sequence as usize & self.places.wrapping_sub(1);
        let line = self.lines.get(place)?;
        (line[SEQUENCE] == trace.sequence).then(|| read(line, true))
    }

    /// What is remembered of one that another shard took in.
    pub(crate) fn foreign(&self, trace: TraceId) -> Option<Flight> {
        let lines = self.lines.get(self.places..)?;
        let shard = u64::from(trace.producer.shard);
        let found = |line: &&Line| (line[SEQUENCE], line[FROM]) == (trace.sequence, shard);
        lines.iter().find(found).map(|line| read(line, false))
    }
}

fn packed(slot: Slot) -> u64 {
    u64::from(slot.index) << 32 | u64::from(slot.generation)
}

fn unpacked(word: u64) -> Slot {
    Slot {
        index: (word >> 32) as u32,
        generation: word as u32,
    }
}

fn read(line: &Line, own: bool) -> Flight {
    let who = line[WHO];
    let named = (who >> ACCOUNT_BITS) as usize & ((1 << COUNT_BITS) - 1);
    let fate = |at: usize| {
        let shift = ACCOUNT_BITS + COUNT_BITS + FATE_BITS * at as u32;
        Fate::from_bits((who >> shift) & ((1 << FATE_BITS) - 1))
    };
    let receivers =
        (0..named.min(RECEIVERS_MAX)).map(|at| (unpacked(line[RECEIVERS + at]), fate(at)));
    let unsent = |at: u32| (line[UNSENT] >> (16 * at)) as u32 & 0xffff;
    Flight {
        time: line[TIME] as i64,
        publisher: own.then(|| unpacked(line[FROM])),
        account: AccountId::from_number(who & ((1 << ACCOUNT_BITS) - 1)).filter(|_| own),
        ticket: (line[TICKET] > 0).then_some(Ticket(line[TICKET])),
        fates: [
            line[SENT] as u32,
            unsent(0),
            unsent(1),
            unsent(2),
            unsent(3),
        ],
        forwarded: (line[SENT] >> 32) as u32,
        receivers: receivers.collect(),
    }
}
