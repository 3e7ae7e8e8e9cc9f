// SPDX-License-Identifier: Apache-2.0
//! Messages of QoS 1 and 2 that wait for a receiver: encoded for it, but for the packet id.

use std::collections::VecDeque;

use hw_mqtt::encode::{self, PublishExtra};
use hw_mqtt::{Qos, Version, packet};

use crate::Now;
use crate::given_on::OfGroup;
use crate::message::Message;

/// One message that waits.
#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) packet: Box<[u8]>,
    /// Where its packet id stands.
    pub(crate) id_at: usize,
    /// When it came, and after how many seconds it expires.
    pub(crate) since_millis: u64,
    pub(crate) expiry_seconds: Option<u32>,
    /// It came by a shared subscription, as this.
    pub(crate) of_group: Option<Box<OfGroup>>,
}

impl Queued {
    /// A message as a receiver of that version gets it; `None` if it fits in no packet.
    pub(crate) fn encode(
        message: &Message<'_>,
        version: Version,
        qos: Qos,
        retain: bool,
        subscription_ids: &[u32],
        now: Now,
    ) -> Option<Self> {
        let publish = packet::publish::Publish {
            dup: false,
            qos,
            retain,
            topic: message.topic,
            // Any id but 0, so that it can be read meanwhile.
            packet_id: 1,
            properties: message.properties,
            payload: message.payload,
        };
        let extra = PublishExtra {
            subscription_ids,
            ..PublishExtra::default()
        };
        let mut packet = Vec::new();
        let id_at = encode::publish(&mut packet, version, &publish, &extra).ok()??;
        Some(Self {
            packet: packet.into(),
            id_at,
            since_millis: now.monotonic.as_millis() as u64,
            expiry_seconds: message.properties.message_expiry_interval(),
            of_group: None,
        })
    }

    /// Has it expire, and says so in the packet: it has waited before it came here.
    pub(crate) fn expires_in(&mut self, version: Version, seconds: u32, now: Now) {
        self.expiry_seconds = Some(seconds);
        self.since_millis = now.monotonic.as_millis() as u64;
        if !version.is_5() {
            return;
        }
        if let Ok(publish) = packet::publish::decode(version, &self.packet) {
            let ids: Vec<u32> = publish.properties.subscription_identifiers().collect();
            let extra = PublishExtra {
                subscription_ids: &ids,
                topic_alias: None,
                message_expiry_interval: Some(seconds),
            };
            let mut packet = Vec::with_capacity(self.packet.len());
            if let Ok(Some(id_at)) = encode::publish(&mut packet, version, &publish, &extra) {
                (self.packet, self.id_at) = (packet.into(), id_at);
            }
        }
    }

    /// The topic in the packet.
    pub(crate) fn topic(&self, version: Version) -> Option<&str> {
        packet::publish::decode(version, &self.packet)
            .ok()
            .map(|publish| publish.topic)
    }

    /// Appends it with that id and the rest of its expiry interval (MQTT-3.3.2-6).
    pub(crate) fn append(&self, out: &mut Vec<u8>, version: Version, id: u16, now_millis: u64) {
        let waited = (now_millis.saturating_sub(self.since_millis) / 1_000) as u32;
        let left = self
            .expiry_seconds
            .map(|seconds| seconds.saturating_sub(waited));
        if let (Version::V5, Some(left), 1..) = (version, left, waited)
            && let Ok(publish) = packet::publish::decode(version, &self.packet)
        {
            let ids: Vec<u32> = publish.properties.subscription_identifiers().collect();
            let extra = PublishExtra {
                subscription_ids: &ids,
                topic_alias: None,
                message_expiry_interval: Some(left),
            };
            let publish = packet::publish::Publish {
                packet_id: id,
                ..publish
            };
            encode::publish(out, version, &publish, &extra)
                .expect("it was encoded before, and is not longer now");
            return;
        }
        let start = out.len();
        out.extend_from_slice(&self.packet);
        encode::patch_packet_id(&mut out[start..], self.id_at, id);
    }

    /// Whether it goes out at QoS 2.
    pub(crate) fn is_exactly_once(&self) -> bool {
        self.packet.first().is_some_and(|first| first >> 1 & 3 == 2)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.packet.len() + size_of::<Self>()
    }

    /// Bytes of the packet alone.
    pub(crate) fn packet_bytes(&self) -> usize {
        self.packet.len()
    }

    /// Bytes of what is kept for others of its group.
    pub(crate) fn group_bytes(&self) -> usize {
        self.of_group.as_ref().map_or(0, |it| it.bytes())
    }

    pub(crate) fn is_expired(&self, now_millis: u64) -> bool {
        let lifetime = self
            .expiry_seconds
            .map(|seconds| u64::from(seconds) * 1_000);
        lifetime.is_some_and(|lifetime| now_millis >= self.since_millis + lifetime)
    }
}

/// The queue of a receiver, in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: VecDeque<Queued>,
    bytes: usize,
    group_bytes: usize,
}

impl Queue {
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Bytes that wait, with what each message costs beside its own.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The same with what is kept of messages for others of their groups.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.bytes + self.group_bytes
    }

    pub(crate) fn push(&mut self, queued: Queued) {
        self.bytes += queued.bytes();
        self.group_bytes += queued.group_bytes();
        self.waiting.push_back(queued);
    }

    /// The next that has not expired; counts those that have.
    pub(crate) fn pop(&mut self, now_millis: u64, expired: &mut u64) -> Option<Queued> {
        while let Some(queued) = self.waiting.pop_front() {
            self.bytes -= queued.bytes();
            self.group_bytes -= queued.group_bytes();
            if !queued.is_expired(now_millis) {
                return Some(queued);
            }
            *expired += 1;
        }
        None
    }

    /// Puts back what was taken last.
    pub(crate) fn put_back(&mut self, queued: Queued) {
        self.bytes += queued.bytes();
        self.group_bytes += queued.group_bytes();
        self.waiting.push_front(queued);
    }

    /// Takes out those of shared subscriptions.
    pub(crate) fn take_of_groups(&mut self) -> impl Iterator<Item = OfGroup> + use<> {
        let (of_groups, others) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition::<Vec<_>, _>(|queued| queued.of_group.is_some());
        self.waiting = others.into();
        self.bytes = self.waiting.iter().map(Queued::bytes).sum();
        self.group_bytes = 0;
        of_groups
            .into_iter()
            .filter_map(|queued| queued.of_group.map(|it| *it))
    }

    /// Its messages of a group are for no other member any more.
    pub(crate) fn leave_group(&mut self, group: u32) {
        for queued in &mut self.waiting {
            if queued.of_group.as_ref().is_some_and(|it| it.is_of(group)) {
                self.group_bytes -= queued.group_bytes();
                queued.of_group = None;
            }
        }
    }

    /// Drops what `keep` does not keep.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Queued) -> bool) {
        self.waiting.retain(keep);
        self.bytes = self.waiting.iter().map(Queued::bytes).sum();
        self.group_bytes = self.waiting.iter().map(Queued::group_bytes).sum();
    }
}
