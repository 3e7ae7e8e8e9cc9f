// SPDX-License-Identifier: Apache-2.0
//! Messages of shared subscriptions whose member leaves before it has acknowledged them: another
//! member gets them (MQTT 5, section 4.8.2: those of QoS 1, and of QoS 2 what was not sent yet).
//!
//! A member whose session lasts keeps what it is owed. Memory is bounded by the member: while
//! [`Lent::BYTES_MAX`] are out to it, the next ones wait in its queue. Nobody is cut for what he
//! inherits: where there is no room, it is dropped and counted.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::deliver::slot_of;
use crate::journal::{Keeping, Owner};
use crate::message::{Message, OwnMessage};
use crate::{Happening, Host, Lasting, Now, Shard, Slot, Subscriber, placing, shared};

/// Messages that are given on in a turn; a group may have many members.
const GIVEN_ON_PER_TURN: usize = 64;

/// Members that a message may go to, one after the other, before it is dropped.
const MEMBERS_MAX: u8 = 8;

/// A message of a group, as it was published.
#[derive(Debug)]
pub(crate) struct OfGroup {
    group: u32,
    message: OwnMessage,
    since: Duration,
}

impl OfGroup {
    pub(crate) fn of(message: &Message<'_>, group: u32, now: Now) -> Self {
        Self {
            group,
            message: OwnMessage::of(&Message {
                members: message.members.saturating_add(1),
                ..*message
            }),
            since: now.monotonic,
        }
    }

    pub(crate) fn is_of(&self, group: u32) -> bool {
        self.group == group
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.message.bytes()
    }
}

/// Whose a connection was.
#[derive(Debug)]
struct Gone {
    owner: Owner,
    client_id: Arc<str>,
}

/// A message that looks for another member of its group.
#[derive(Debug)]
pub(crate) struct Stray {
    /// It is not to have it again.
    left: Slot,
    /// `None`: that had gone before it came.
    from: Option<Arc<Gone>>,
    message: OfGroup,
}

impl Stray {
    /// One that came for a member that had gone.
    pub(crate) fn for_nobody(left: Slot, message: OfGroup) -> Self {
        Self {
            left,
            from: None,
            message,
        }
    }
}

/// Messages of groups that are out to a member, by packet id, in the order in which they were sent.
#[derive(Debug, Default)]
pub(crate) struct Lent {
    out: VecDeque<(u16, Box<OfGroup>)>,
    bytes: usize,
}

impl Lent {
    /// Bytes from which on no more are sent before some are acknowledged.
    const BYTES_MAX: usize = 1 << 20;

    /// Whether no more are to be sent.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.bytes >= Self::BYTES_MAX
    }

    #[inline]
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// One was sent with that id.
    pub(crate) fn add(&mut self, id: u16, one: Box<OfGroup>) {
        self.bytes += one.bytes();
        self.out.push_back((id, one));
    }

    /// It was acknowledged.
    #[inline]
    pub(crate) fn done(&mut self, id: u16) {
        // The first one, as a rule.
        if let Some(at) = self.out.iter().position(|(out, _)| *out == id)
            && let Some((_, one)) = self.out.remove(at)
        {
            self.bytes -= one.bytes();
        }
    }

    /// Its messages of a group are for no other member any more.
    pub(crate) fn leave_group(&mut self, group: u32) {
        self.out.retain(|(_, one)| !one.is_of(group));
        self.bytes = self.out.iter().map(|(_, one)| one.bytes()).sum();
    }

    /// All that were not.
    fn take(&mut self) -> impl Iterator<Item = OfGroup> + use<> {
        self.bytes = 0;
        std::mem::take(&mut self.out)
            .into_iter()
            .map(|(_, one)| *one)
    }
}

impl<H: Host> Shard<H> {
    /// What a connection that ends has of groups, sent and waiting.
    pub(crate) fn of_groups(&mut self, slot: Slot) -> Vec<OfGroup> {
        let rare = self
            .connections
            .get_mut(slot)
            .and_then(|it| it.rare.as_mut());
        let Some(rare) = rare else { return Vec::new() };
        let mut all: Vec<_> = rare.lent.take().collect();
        all.extend(rare.queue.take_of_groups());
        all
    }

    /// Puts the messages of a connection that has left up for other members of their groups.
    pub(crate) fn give_on(&mut self, host: &mut H, left: Slot, messages: Vec<OfGroup>) {
        let Some(connection) = self.connections.get(left).filter(|_| !messages.is_empty()) else {
            return;
        };
        let from = Some(Arc::new(Gone {
            owner: host.owner(&connection.auth),
            client_id: connection.client_id.clone(),
        }));
        for message in messages {
            self.stray(Stray {
                left,
                from: from.clone(),
                message,
            });
        }
    }

    pub(crate) fn stray(&mut self, stray: Stray) {
        self.waiting_bytes += stray.message.bytes();
        self.strays.push_back(stray);
    }

    /// Gives on some of what waits for that, oldest first. `true`: there is more.
    pub(crate) fn give_strays_on(&mut self, host: &mut H, now: Now) -> bool {
        for _ in 0..GIVEN_ON_PER_TURN {
            let Some(stray) = self.strays.pop_front() else {
                return false;
            };
            let Stray {
                left,
                from,
                message,
            } = stray;
            self.waiting_bytes = self.waiting_bytes.saturating_sub(message.bytes());
            if !self.give_one_on(host, now, left, &message)
                && let Some(gone) = from
            {
                let cause = "the member of a shared subscription left before it had acknowledged it, \
                             and there is no other";
                let message = message.message.message();
                let happening = Happening {
                    kind: "deliver",
                    outcome: "dropped",
                    cause: cause.into(),
                    topic: Some(message.topic.to_owned()),
                    trace: Some(message.trace),
                    count: 1,
                };
                host.happened_away(message.account, &gone.owner, &gone.client_id, happening);
            }
        }
        !self.strays.is_empty()
    }

    /// Forgets them. How many it were.
    pub(crate) fn drop_strays(&mut self) -> u64 {
        let strays = std::mem::take(&mut self.strays);
        let bytes: usize = strays.iter().map(|it| it.message.bytes()).sum();
        self.waiting_bytes = self.waiting_bytes.saturating_sub(bytes);
        strays.len() as u64
    }

    /// `false`: there is nobody to give it to.
    fn give_one_on(&mut self, host: &mut H, now: Now, left: Slot, one: &OfGroup) -> bool {
        let Some(properties) = one.message.properties_after(now, one.since) else {
            self.counters.dropped_expired += 1;
            return true;
        };
        let own = self.settings.shard;
        let kept = one.message.message();
        let mut found = std::mem::take(&mut self.scratch.found);
        found.clear();
        if kept.members < MEMBERS_MAX {
            host.route(kept.account, kept.topic, &mut found);
            found.retain(|target| {
                let is_here = target.shard == own && target.lasting == Lasting::No;
                target.group == one.group && !(is_here && slot_of(target) == left)
            });
        }
        let is_given = !found.is_empty();
        if is_given {
            let message = Message {
                trace: self.stamp(),
                properties: properties.as_properties(),
                ..kept
            };
            self.flights
                .begin(message.trace, now, Slot::NOBODY, message.account);
            shared::choose(&mut found, |group| host.turn(message.account, group));
            self.owe_on(host, &message, &found);
            self.counters.given_on += 1;
            self.send_out(host, now, &message, &mut found);
        } else {
            self.counters.dropped_receiver_gone += 1;
        }
        found.clear();
        self.scratch.found = found;
        is_given
    }

    /// A member with a session that lasts is owed it.
    fn owe_on(&mut self, host: &mut H, message: &Message<'_>, found: &[Subscriber]) {
        let mut owed = std::mem::take(&mut self.scratch.owed);
        placing::recipients(found, message.qos as u8, message.retain, &mut owed);
        if !owed.is_empty() {
            let keeping = Keeping {
                owed: &owed,
                ..Keeping::default()
            };
            let auth = host.server(message.account);
            let appended = host.append(&auth, &message.inbound(), &keeping);
            self.await_place(appended, message.trace, &keeping, found);
        }
        self.scratch.owed = owed;
    }
}
