// SPDX-License-Identifier: Apache-2.0
//! What a group has lent: messages of a shared subscription that went to a member whose session ends
//! with its connection. If it ends before they were acknowledged, another member gets them (MQTT 5,
//! section 4.8.2: of QoS 1, and of QoS 2 only what was not sent yet).

use std::collections::VecDeque;

use hw_model::AccountId;
use hw_mqtt::{Property, PropertyBuf, Version, packet};

use crate::deliver::slot_of;
use crate::journal::Keeping;
use crate::message::Message;
use crate::queue::Queued;
use crate::{Host, Lasting, Now, Shard, Slot, placing, shared};

/// Bytes of such messages that a member may have; what is beyond them stays with it.
const BYTES_MAX: usize = 1 << 20;

/// A message of a group, as it went to a member that speaks that version.
#[derive(Debug)]
pub(crate) struct OfGroup {
    pub(crate) group: u32,
    pub(crate) version: Version,
    pub(crate) message: Queued,
}

/// Messages by packet id, in the order in which they were sent.
#[derive(Debug, Default)]
pub(crate) struct Lent {
    out: VecDeque<(u16, OfGroup)>,
    bytes: usize,
}

impl Lent {
    /// One was sent with that id.
    pub(crate) fn add(&mut self, id: u16, one: OfGroup) {
        let bytes = one.message.bytes();
        if self.bytes + bytes <= BYTES_MAX {
            self.bytes += bytes;
            self.out.push_back((id, one));
        }
    }

    /// It was acknowledged.
    pub(crate) fn done(&mut self, id: u16) {
        // The first one, as a rule.
        if let Some(at) = self.out.iter().position(|(out, _)| *out == id)
            && let Some((_, one)) = self.out.remove(at)
        {
            self.bytes -= one.message.bytes();
        }
    }

    /// All that were not.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = OfGroup> + use<> {
        self.bytes = 0;
        std::mem::take(&mut self.out)
            .into_iter()
            .map(|(_, one)| one)
    }
}

impl<H: Host> Shard<H> {
    /// What a connection that ends has of groups, sent and waiting.
    pub(crate) fn of_groups(&mut self, slot: Slot) -> Vec<OfGroup> {
        let Some(connection) = self.connections.get_mut(slot) else {
            return Vec::new();
        };
        let version = connection.version;
        let Some(rare) = connection.rare.as_mut() else {
            return Vec::new();
        };
        let mut all: Vec<OfGroup> = rare.lent.take().collect();
        let waiting = rare.queue.take_of_groups().into_iter();
        all.extend(waiting.map(|message| OfGroup {
            group: message.group,
            version,
            message,
        }));
        all
    }

    /// Gives messages to other members of their groups than the one that has left.
    pub(crate) fn give_on(
        &mut self,
        host: &mut H,
        now: Now,
        account: AccountId,
        left: Slot,
        messages: Vec<OfGroup>,
    ) {
        for one in messages {
            self.give_one_on(host, now, account, left, &one);
        }
    }

    fn give_one_on(
        &mut self,
        host: &mut H,
        now: Now,
        account: AccountId,
        left: Slot,
        one: &OfGroup,
    ) {
        let now_millis = now.monotonic.as_millis() as u64;
        let waited = now_millis.saturating_sub(one.message.since_millis) / 1_000;
        let left_of =
            |seconds: u32| seconds.saturating_sub(u32::try_from(waited).unwrap_or(u32::MAX));
        let Ok(publish) = packet::publish::decode(one.version, &one.message.packet) else {
            return;
        };
        if one.message.is_expired(now_millis) {
            self.counters.dropped_expired += 1;
            return;
        }
        let mut properties = PropertyBuf::new();
        for property in publish.properties.iter() {
            let property = match property {
                // They belong to the receiver that has left.
                Property::SubscriptionIdentifier(_) | Property::TopicAlias(_) => continue,
                Property::MessageExpiryInterval(seconds) => {
                    Property::MessageExpiryInterval(left_of(seconds))
                }
                other => other,
            };
            properties
                .push(property)
                .expect("it was decoded from a packet");
        }
        let message = Message {
            trace: self.stamp(),
            topic: publish.topic,
            properties: properties.as_properties(),
            payload: publish.payload,
            qos: publish.qos,
            retain: publish.retain,
        };
        let own = self.settings.shard;
        let mut found = std::mem::take(&mut self.scratch.found);
        found.clear();
        host.route(account, message.topic, &mut found);
        found.retain(|target| {
            let has_left =
                target.shard == own && target.lasting == Lasting::No && slot_of(target) == left;
            target.group == one.group && !has_left
        });
        if found.is_empty() {
            self.counters.dropped_receiver_gone += 1;
        } else {
            shared::choose(&mut found, |group| host.turn(account, group));
            self.owe_on(host, account, &message, &found);
            self.hand_out(&message, &mut found);
            self.fan_out(host, now, &message, &mut found);
            found.clear();
        }
        self.scratch.found = found;
    }

    /// A member with a session that lasts is owed it.
    fn owe_on(
        &mut self,
        host: &mut H,
        account: AccountId,
        message: &Message<'_>,
        found: &[crate::Subscriber],
    ) {
        let mut owed = std::mem::take(&mut self.scratch.owed);
        placing::recipients(found, message.qos as u8, message.retain, &mut owed);
        if !owed.is_empty() {
            let keeping = Keeping {
                owed: &owed,
                ..Keeping::default()
            };
            let auth = host.server(account);
            let appended = host.append(&auth, &message.inbound(), &keeping);
            self.await_place(appended, message.trace, &keeping, found);
        }
        self.scratch.owed = owed;
    }
}
