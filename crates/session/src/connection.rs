// SPDX-License-Identifier: Apache-2.0
//! A connection as its shard keeps it: small when idle, with what is rare in a box.

use std::sync::Arc;
use std::time::Duration;

use hw_model::AccountId;
use hw_mqtt::Version;

use crate::aliases::Aliases;
use crate::exactly::Exactly;
use crate::flags::Permits;
use crate::given_on::Lent;
use crate::inflight::Inflight;
use crate::output::Output;
use crate::owed::Outgoing;
use crate::pace::Paces;
use crate::principal_use::Share;
use crate::queue::Queue;
use crate::short_topics::ShortTopics;
use crate::will::Will;
use crate::{Lasting, Slot, Subscriber, retained};

/// One subscription, as the client made it.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) filter: Box<str>,
    /// MQTT 5 subscription identifier, 0 if none.
    pub(crate) id: u32,
    pub(crate) qos: u8,
    /// As [`crate::flags`] packs them.
    pub(crate) flags: u8,
    /// Its shared group, 0 if none.
    pub(crate) group: u32,
}

impl Subscription {
    /// As it stands in the tree.
    pub(crate) fn subscriber(&self, shard: u16, key: Key) -> Subscriber {
        Subscriber {
            shard,
            lasting: key.lasting,
            slot: key.slot,
            generation: key.generation,
            qos: self.qos,
            flags: self.flags,
            subscription_id: self.id,
            group: self.group,
        }
    }
}

/// Whose a subscription in the tree is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    lasting: Lasting,
    slot: u32,
    generation: u32,
}

impl Key {
    pub(crate) fn connection(slot: Slot) -> Self {
        Self {
            lasting: Lasting::No,
            slot: slot.index,
            generation: slot.generation,
        }
    }

    pub(crate) fn session(number: u64, lasting: Lasting) -> Self {
        Self {
            lasting,
            slot: number as u32,
            generation: (number >> 32) as u32,
        }
    }

    /// Whether it is that subscriber's.
    pub(crate) fn is(self, target: &Subscriber) -> bool {
        let lasts = (self.lasting != Lasting::No) == (target.lasting != Lasting::No);
        lasts && (self.slot, self.generation) == (target.slot, target.generation)
    }
}

/// What few connections need.
#[derive(Debug, Default)]
pub(crate) struct Rare {
    pub(crate) aliases: Aliases,
    pub(crate) queue: Queue,
    pub(crate) retained: retained::Waiting,
    /// Messages of shared subscriptions that it has not acknowledged.
    pub(crate) lent: Lent,
    pub(crate) exactly: Exactly,
    pub(crate) will: Option<Box<Will>>,
    /// Number of its session, if that is written down; else 0.
    pub(crate) session: u64,
    /// What its session is owed, if that outlives the connection.
    pub(crate) outgoing: Option<Box<Outgoing>>,
    /// When it must end at the latest.
    pub(crate) until: Option<Duration>,
    /// Topics that stand behind numbers for this receiver.
    pub(crate) short: ShortTopics,
    /// How fast it sends, where that is bounded.
    pub(crate) paces: Paces,
    /// What it uses of what its principal may, where that is bounded.
    pub(crate) share: Option<Share>,
}

impl Rare {
    fn has_waiting(&self) -> bool {
        let owed = self.outgoing.as_ref().is_some_and(|it| it.is_waiting());
        owed || !self.queue.is_empty() || !self.retained.is_empty()
    }
}

/// Where a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Live,
    /// Nothing is read; it ends when all is written, or at that time.
    Closing {
        until: Duration,
    },
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection<A> {
    pub(crate) slot: Slot,
    pub(crate) account: AccountId,
    pub(crate) auth: A,
    pub(crate) client_id: Arc<str>,
    pub(crate) version: Version,
    /// Whether another broker says that it is one.
    pub(crate) bridge: bool,
    pub(crate) state: State,
    /// Whether it asked to be told why, in words (Request Problem Information).
    pub(crate) wants_words: bool,
    /// Whether it stands in the shard's list of those with something to write.
    pub(crate) dirty: bool,
    /// Whether QoS 0 was dropped since the buffer was last empty: one event tells it.
    pub(crate) dropping: bool,
    pub(crate) permits: Permits,
    /// Whether it has published.
    pub(crate) publishes: bool,
    /// Keep-alive in force, 0 if none.
    pub(crate) keep_alive_seconds: u16,
    /// QoS 1 and 2 messages that may be out to it.
    pub(crate) receive_max: u16,
    /// Largest packet that it takes.
    pub(crate) packet_bytes_max: u32,
    /// Answers to it that wait.
    pub(crate) acks_waiting: u32,
    /// Messages of QoS 1 among them.
    pub(crate) publishes_waiting: u32,
    /// When its last whole packet came.
    pub(crate) seen_millis: u64,
    /// The last message that was looked at for it: finds a receiver that matches twice.
    pub(crate) delivery: u64,
    /// Its number among the connections of its client id, as presence messages tell it.
    pub(crate) life: u64,
    pub(crate) inflight: Inflight,
    pub(crate) output: Output,
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) rare: Option<Box<Rare>>,
}

impl<A> Connection<A> {
    /// One that has not been admitted yet.
    pub(crate) fn new(slot: Slot, account: AccountId, auth: A) -> Self {
        Self {
            slot,
            account,
            auth,
            client_id: Arc::from(""),
            version: Version::V311,
            bridge: false,
            state: State::Live,
            wants_words: false,
            dirty: false,
            dropping: false,
            permits: Permits::default(),
            publishes: false,
            keep_alive_seconds: 0,
            receive_max: u16::MAX,
            packet_bytes_max: u32::MAX,
            acks_waiting: 0,
            publishes_waiting: 0,
            seen_millis: 0,
            delivery: 0,
            life: 0,
            inflight: Inflight::default(),
            output: Output::default(),
            subscriptions: Vec::new(),
            rare: None,
        }
    }

    #[inline]
    pub(crate) fn is_live(&self) -> bool {
        self.state == State::Live
    }

    /// Whether it has published, or has come and said nothing yet that tells what it is for.
    pub(crate) fn may_publish(&self) -> bool {
        self.publishes || self.subscriptions.is_empty()
    }

    #[inline]
    pub(crate) fn has_queue(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.has_waiting())
    }

    /// Whose its subscriptions are.
    pub(crate) fn key(&self) -> Key {
        match &self.rare {
            Some(rare) if rare.outgoing.is_some() => Key::session(rare.session, Lasting::Here),
            _ => Key::connection(self.slot),
        }
    }

    /// The number of its session, if that outlives it.
    pub(crate) fn lasting_session(&self) -> Option<u64> {
        let rare = self.rare.as_ref()?;
        rare.outgoing.as_ref().map(|_| rare.session)
    }

    /// Its share in what its principal may use, where that is bounded.
    pub(crate) fn share(&mut self) -> Option<&mut Share> {
        self.rare.as_mut()?.share.as_mut()
    }

    pub(crate) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Whether it takes a message's packet of that size.
    #[inline]
    pub(crate) fn takes_message_of(&self, bytes: usize) -> bool {
        takes_message_of(self.packet_bytes_max, bytes)
    }

    /// When keep-alive ends it if nothing comes (MQTT-3.1.2-22); `None` without keep-alive.
    pub(crate) fn expires(&self) -> Option<Duration> {
        let millis = u64::from(self.keep_alive_seconds) * 1_500;
        (millis > 0).then(|| Duration::from_millis(self.seen_millis + millis))
    }

    /// When it must be looked at.
    pub(crate) fn due(&self) -> Option<Duration> {
        let until = self.rare.as_ref().and_then(|rare| rare.until);
        [self.expires(), until].into_iter().flatten().min()
    }
}

/// Whether a message's packet of that size is within a Maximum Packet Size.
///
/// The first byte is not counted. The standard counts it (MQTT 5, section 2.1.4), but the
/// broker that most clients are tried against does not, nor do its public tests.
#[inline]
pub(crate) fn takes_message_of(packet_bytes_max: u32, bytes: usize) -> bool {
    bytes <= packet_bytes_max as usize + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_connection_is_small() {
        assert!(
            size_of::<Connection<()>>() <= 256,
            "{}",
            size_of::<Connection<()>>()
        );
        assert!(size_of::<Subscription>() <= 32);
    }
}
