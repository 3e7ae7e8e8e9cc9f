// SPDX-License-Identifier: Apache-2.0
//! A change of certificates, policies or things: what was allowed is asked again.

use hw_mqtt::reason;

use crate::refusal::Refusal;
use crate::{Ahead, Host, Now, Shard, Slot, Verdict, flags, shared};

impl<H: Host> Shard<H> {
    /// Looks at every connection after a change. One whose principal is gone, or may not connect
    /// any more, is cut; so is one that may not subscribe any more to what it has subscribed to,
    /// since a client can't be told that a subscription ended. What waits in its queue, or is on
    /// its way from another shard, is delivered only if it may still be received.
    pub fn refresh(&mut self, host: &mut H, now: Now) {
        self.last_topics.forget_all();
        let mut slots = std::mem::take(&mut self.scratch.slots);
        self.connections.live(&mut slots);
        for slot in slots.drain(..) {
            if let Err(refusal) = self.refresh_one(host, slot) {
                self.end(host, now, slot, refusal.untold());
            }
        }
        self.scratch.slots = slots;
    }

    fn refresh_one(&mut self, host: &mut H, slot: Slot) -> Result<(), Refusal> {
        let refusal =
            |cause: String| Refusal::new("disconnect", "closed", reason::NOT_AUTHORIZED, cause);
        let Some(connection) = self.connections.live_mut(slot) else {
            return Ok(());
        };
        if !host.refresh(&mut connection.auth).map_err(refusal)? {
            return Ok(());
        }
        let facts = crate::ConnectFacts {
            client_id: &connection.client_id,
            persistent: false,
            will_topic: None,
            will_retain: false,
        };
        if let Verdict::Denied(why) = host.connect(&mut connection.auth, &facts) {
            return Err(refusal(why));
        }
        for subscription in &connection.subscriptions {
            let filter = &subscription.filter;
            if let Verdict::Denied(why) = host.subscribe(&mut connection.auth, filter) {
                return Err(Refusal {
                    topic: Some(filter.to_string()),
                    ..refusal(why)
                });
            }
        }
        self.renew_permits(host, slot);
        Ok(())
    }

    /// Finds out anew what is known ahead. Only if that differs, the tree is written.
    fn renew_permits(&mut self, host: &mut H, slot: Slot) {
        let shard = self.settings.shard;
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let (old, new) = (connection.permits, connection.permits.next());
        let mut differs = false;
        for subscription in &mut connection.subscriptions {
            let topics = shared::split(&subscription.filter).topics;
            let ahead = host.receive_ahead(&mut connection.auth, topics);
            differs |= ahead != flags::ahead(subscription.flags, old);
            subscription.flags = flags::with_ahead(subscription.flags, ahead, new);
        }
        if differs {
            connection.permits = new;
            let key = connection.key();
            for subscription in &connection.subscriptions {
                let subscriber = subscription.subscriber(shard, key);
                let topics = shared::split(&subscription.filter).topics;
                host.insert(connection.account, topics, subscriber);
            }
        } else {
            for subscription in &mut connection.subscriptions {
                let ahead: Ahead = flags::ahead(subscription.flags, new);
                subscription.flags = flags::with_ahead(subscription.flags, ahead, old);
            }
        }
        let (auth, version) = (&mut connection.auth, connection.version);
        if let Some(rare) = &mut connection.rare {
            let refused = &mut self.counters.refused_receive;
            rare.queue.retain(|queued| {
                let allowed = queued
                    .topic(version)
                    .is_some_and(|topic| host.receive(auth, topic));
                *refused += u64::from(!allowed);
                allowed
            });
            if let Some(outgoing) = rare.outgoing.as_deref_mut() {
                // They are read again, and looked at as they come.
                outgoing.put_out_of_hand();
            }
            rare.retained.retain(|pending| {
                let allowed = host.receive(auth, &pending.message.topic);
                *refused += u64::from(!allowed);
                allowed
            });
        }
    }
}
