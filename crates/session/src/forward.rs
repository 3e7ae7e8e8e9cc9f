// SPDX-License-Identifier: Apache-2.0
//! Deliveries for another shard: one batch a turn, one arena of bytes, made to be used again.

use hw_model::{AccountId, TraceId};
use hw_mqtt::Qos;

use crate::Subscriber;
use crate::message::Message;

/// Messages of one turn with their receivers on another shard. It is a value: move it over, give
/// it to [`crate::Shard::forwarded`], [`Forward::clear`] it and bring it back, or drop it.
#[derive(Debug, Default)]
pub struct Forward {
    bytes: Vec<u8>,
    items: Vec<Item>,
    targets: Vec<Subscriber>,
    settled: Vec<Settled>,
}

/// The Log's answer for a message that a session is owed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settled {
    pub(crate) session: u64,
    pub(crate) trace: TraceId,
    /// Where it stands; `None`: nowhere.
    pub(crate) place: Option<u64>,
}

#[derive(Debug)]
struct Item {
    account: AccountId,
    trace: TraceId,
    /// Where its topic ends; it begins where the item before ends.
    topic_end: usize,
    properties_end: usize,
    payload_end: usize,
    targets_end: usize,
    qos: Qos,
    retain: bool,
    members: u8,
}

impl Forward {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.settled.is_empty()
    }

    /// How many messages it holds.
    pub fn messages(&self) -> usize {
        self.items.len()
    }

    /// How many deliveries it asks for; for the choice between running a sleeping shard in place
    /// and waking it.
    pub fn receivers(&self) -> usize {
        self.targets.len()
    }

    /// Bytes that it holds on to, for the account of the ring between two shards.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
            + self.items.len() * size_of::<Item>()
            + self.targets.len() * size_of::<Subscriber>()
            + self.settled.len() * size_of::<Settled>()
    }

    /// Empties it and keeps its memory, up to a bound.
    pub fn clear(&mut self) {
        const KEPT_BYTES_MAX: usize = 256 * 1024;
        self.bytes.clear();
        self.items.clear();
        self.targets.clear();
        self.settled.clear();
        if self.bytes.capacity() > KEPT_BYTES_MAX {
            self.bytes = Vec::new();
        }
        self.targets
            .shrink_to(KEPT_BYTES_MAX / size_of::<Subscriber>());
        self.items.shrink_to(KEPT_BYTES_MAX / size_of::<Item>());
        self.settled
            .shrink_to(KEPT_BYTES_MAX / size_of::<Settled>());
    }

    /// Adds an answer of the Log; it is told behind the messages.
    pub(crate) fn settle(&mut self, settled: Settled) {
        self.settled.push(settled);
    }

    /// The Log's answers.
    pub(crate) fn settled(&self) -> &[Settled] {
        &self.settled
    }

    /// Adds a receiver of the message with that sequence; the message itself is copied for the
    /// first one.
    pub(crate) fn push(&mut self, message: &Message<'_>, target: Subscriber) {
        match self.items.last_mut() {
            Some(last) if last.trace == message.trace => last.targets_end += 1,
            _ => self.begin(message),
        }
        self.targets.push(target);
    }

    fn begin(&mut self, message: &Message<'_>) {
        let mut add = |bytes: &[u8]| {
            self.bytes.extend_from_slice(bytes);
            self.bytes.len()
        };
        let item = Item {
            account: message.account,
            trace: message.trace,
            topic_end: add(message.topic.as_bytes()),
            properties_end: add(message.properties.raw()),
            payload_end: add(message.payload),
            targets_end: self.targets.len() + 1,
            qos: message.qos,
            retain: message.retain,
            members: message.members,
        };
        self.items.push(item);
    }

    /// Each message with its receivers, in the order they came.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Message<'_>, &[Subscriber])> {
        let (mut bytes_at, mut targets_at) = (0, 0);
        self.items.iter().map(move |item| {
            let topic = &self.bytes[bytes_at..item.topic_end];
            let message = Message {
                account: item.account,
                trace: item.trace,
                topic: std::str::from_utf8(topic).expect("it was copied from a str"),
                properties: hw_mqtt::Properties::from_raw(
                    &self.bytes[item.topic_end..item.properties_end],
                ),
                payload: &self.bytes[item.properties_end..item.payload_end],
                qos: item.qos,
                retain: item.retain,
                members: item.members,
            };
            let targets = &self.targets[targets_at..item.targets_end];
            (bytes_at, targets_at) = (item.payload_end, item.targets_end);
            (message, targets)
        })
    }
}
