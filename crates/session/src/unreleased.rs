// SPDX-License-Identifier: Apache-2.0
//! QoS 2 messages that were taken in and that their publisher has not released yet by PUBREL (MQTT 5,
//! section 4.3.3): receivers get one when it is released, or when its publisher's connection ends.
//!
//! Until then another message with the same packet id takes its place. What is written down is not
//! taken back, though: a session that lasts gets a message when it is on disk, tables have it then,
//! and a crash loses nothing of it. Memory is bounded: where too much waits, the next ones go out at
//! once.

use std::time::Duration;

use crate::message::{Message, OwnMessage};
use crate::{Happening, Host, Lasting, Now, Shard, Slot, Subscriber};

/// Bytes of such messages of all publishers of a shard.
const UNRELEASED_BYTES_MAX: usize = 16 << 20;

/// Messages of one publisher that wait: they all go out in one turn when its connection ends.
const UNRELEASED_MAX: usize = 1_000;

/// Which message of QoS 2 of whose.
pub(crate) type FromPublisher = (Slot, u16);

/// A message and the receivers that wait for it.
#[derive(Debug)]
pub(crate) struct Unreleased {
    message: OwnMessage,
    targets: Box<[Subscriber]>,
    since: Duration,
}

impl Unreleased {
    fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.targets) + self.message.bytes()
    }
}

/// Where a message that is half way stands with its receivers.
#[derive(Debug, Default)]
pub(crate) enum Way {
    /// There are none, or they have it.
    #[default]
    Out,
    /// It waits for the Log.
    Held(hw_model::TraceId),
    /// It waits for PUBREL.
    Here(Box<Unreleased>),
}

impl Way {
    /// Whether receivers wait for PUBREL.
    pub(crate) fn is_here(&self) -> bool {
        matches!(self, Self::Here(_))
    }
}

impl<H: Host> Shard<H> {
    /// A message is safe, or need not be: sessions that last get it, the others when it is released.
    pub(crate) fn await_release(
        &mut self,
        host: &mut H,
        now: Now,
        (slot, id): FromPublisher,
        message: &Message<'_>,
        targets: &mut Vec<Subscriber>,
    ) {
        let waiting: Box<[Subscriber]> = targets
            .extract_if(.., |target| target.lasting == Lasting::No)
            .collect();
        if !targets.is_empty() {
            self.send_out(host, now, message, targets);
        }
        if waiting.is_empty() {
            return self.set_way(slot, id, Way::Out);
        }
        let unreleased = Unreleased {
            message: OwnMessage::of(message),
            targets: waiting,
            since: now.monotonic,
        };
        if !self.has_room_for(slot, unreleased.bytes()) {
            // In the order in which they came.
            self.release_all(host, now, slot);
            self.set_way(slot, id, Way::Out);
            targets.clear();
            targets.extend_from_slice(&unreleased.targets);
            self.flights.again(message.trace);
            self.send_out(host, now, message, targets);
        } else {
            self.unreleased_bytes += unreleased.bytes();
            self.set_way(slot, id, Way::Here(Box::new(unreleased)));
        }
    }

    fn has_room_for(&self, slot: Slot, bytes: usize) -> bool {
        let rare = self.connections.get(slot).and_then(|it| it.rare.as_ref());
        let waiting = rare.map_or(0, |rare| rare.exactly.unreleased());
        waiting < UNRELEASED_MAX && self.unreleased_bytes + bytes <= UNRELEASED_BYTES_MAX
    }

    pub(crate) fn set_way(&mut self, slot: Slot, id: u16, way: Way) {
        if let Some(connection) = self.connections.live_mut(slot) {
            connection.rare().exactly.set_way(id, way);
        }
    }

    /// PUBREL: whoever waits for the message gets it.
    pub(crate) fn release(&mut self, host: &mut H, now: Now, unreleased: &Unreleased) {
        self.unreleased_bytes = self.unreleased_bytes.saturating_sub(unreleased.bytes());
        let Some(properties) = unreleased.message.properties_after(now, unreleased.since) else {
            self.counters.dropped_expired += 1;
            return;
        };
        let message = Message {
            properties: properties.as_properties(),
            ..unreleased.message.message()
        };
        let mut targets = std::mem::take(&mut self.scratch.found);
        targets.clear();
        targets.extend_from_slice(&unreleased.targets);
        self.flights.again(message.trace);
        self.send_out(host, now, &message, &mut targets);
        targets.clear();
        self.scratch.found = targets;
    }

    /// The same for all of a connection, in the order in which they came.
    pub(crate) fn release_all(&mut self, host: &mut H, now: Now, slot: Slot) {
        let rare = self
            .connections
            .get_mut(slot)
            .and_then(|it| it.rare.as_mut());
        let Some(rare) = rare else { return };
        let mut all = rare.exactly.take_unreleased();
        all.sort_unstable_by_key(|it| it.message.message().trace.sequence);
        for unreleased in &all {
            self.release(host, now, unreleased);
        }
    }

    /// Another message took its packet id: receivers that wait for it do not get it.
    #[cold]
    pub(crate) fn take_back(&mut self, host: &mut H, slot: Slot, way: Way) {
        let (trace, topic) = match way {
            Way::Out => return,
            Way::Held(trace) => {
                self.taken_back.insert(trace);
                (trace, None)
            }
            Way::Here(unreleased) => {
                self.unreleased_bytes = self.unreleased_bytes.saturating_sub(unreleased.bytes());
                let message = unreleased.message.message();
                (message.trace, Some(message.topic.to_owned()))
            }
        };
        self.counters.dropped_replaced += 1;
        let Some(connection) = self.connections.get(slot) else {
            return;
        };
        let happening = Happening {
            kind: "publish",
            outcome: "dropped",
            cause: "another message of QoS 2 came with its packet id before PUBREL".into(),
            topic,
            trace: Some(trace),
            count: 1,
        };
        host.happened(&connection.auth, happening);
    }

    /// Gives a message to receivers of all shards.
    pub(crate) fn send_out(
        &mut self,
        host: &mut H,
        now: Now,
        message: &Message<'_>,
        targets: &mut Vec<Subscriber>,
    ) {
        self.hand_out(message, targets);
        self.fan_out(host, now, message, targets);
    }
}
