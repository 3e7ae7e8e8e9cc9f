// SPDX-License-Identifier: Apache-2.0
//! UNSUBSCRIBE: takes filters out of the tree.

use std::collections::HashSet;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hw_mqtt::{Properties, UnsubAck, Unsubscribe, encode, reason};

use crate::journal::Note;
use crate::{Host, Moment, Now, Shard, Slot, shared};

impl<H: Host> Shard<H> {
    pub(crate) fn on_unsubscribe(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        packet: &Unsubscribe<'_>,
    ) {
        let shard = self.settings.shard;
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let (version, key, account) = (connection.version, connection.key(), connection.account);
        let session = connection.lasting_session();
        let mut ticket = None;
        let mut codes = std::mem::take(&mut self.scratch.codes);
        codes.clear();
        let hashes = RandomState::default();
        // Before each filter is compared with each subscription: a packet has room for many.
        let known = connection.subscriptions.iter();
        let known: HashSet<u64, RandomState> =
            known.map(|it| hashes.hash_one(&*it.filter)).collect();
        for filter in packet.filters() {
            let subscriptions = &mut connection.subscriptions;
            let maybe = known.contains(&hashes.hash_one(filter));
            let place = || subscriptions.iter().position(|old| *old.filter == *filter);
            let Some(at) = maybe.then(place).flatten() else {
                codes.push(reason::NO_SUBSCRIPTION_EXISTED);
                continue;
            };
            let old = subscriptions.swap_remove(at);
            let topics = shared::split(filter).topics;
            host.remove(account, topics, &old.subscriber(shard, key));
            if let Some(session) = session {
                ticket = Some(host.note(account, session, &Note::Unsubscribed(filter)));
            }
            if let Some(rare) = connection.rare.as_mut().filter(|_| old.group != 0) {
                rare.lent.leave_group(old.group);
                rare.queue.leave_group(old.group);
            }
            if let Some(share) = connection.share() {
                share.unsubscribes();
            }
            self.counters.subscriptions -= 1;
            codes.push(reason::SUCCESS);
        }
        let unsuback = UnsubAck {
            packet_id: packet.packet_id,
            properties: Properties::EMPTY,
            codes: &codes,
        };
        self.answer(host, now, slot, |out| {
            encode::unsuback(out, version, &unsuback).expect("it is shorter than the UNSUBSCRIBE");
        });
        if let Some(ticket) = ticket {
            self.hold_until(slot, ticket);
        }
        let ended = packet.filters().zip(&codes);
        let ended = ended.filter(|(_, code)| **code == reason::SUCCESS);
        let topics: Vec<&str> = ended.map(|(filter, _)| filter).collect();
        self.tell_topics(host, now, slot, Moment::Unsubscribed(&topics));
        self.scratch.codes = codes;
    }
}
