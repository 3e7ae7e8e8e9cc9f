// SPDX-License-Identifier: Apache-2.0
//! What one shard remembers, in words of the kernel.

use std::time::Duration;

use hw_kernel::recall::{ConnectionFacts, Deliveries, Fate, Flight, Kept, Receiver, Subscribed};
use hw_kernel::recall::{Ruling, Unknown};
use hw_model::{AccountId, Timestamp, TraceId};
use hw_policy::Action;
use hw_session::{Now, Slot};

use super::ShardState;
use super::connection::Connection;

impl ShardState {
    /// A message that this shard took in.
    pub fn flight(&self, account: AccountId, trace: TraceId, now: Now) -> Result<Flight, Unknown> {
        let flight = self.machine.flight(trace);
        let Some(flight) = flight.filter(|flight| flight.account == Some(account)) else {
            let given = trace.sequence <= self.machine.last_sequence();
            return Err(if given {
                Unknown::Forgotten
            } else {
                Unknown::NeverGiven
            });
        };
        let mut deliveries = self.deliveries(&flight);
        deliveries.forgotten = u64::from(flight.forwarded);
        Ok(Flight {
            received: Timestamp(flight.time),
            shard: trace.producer.shard,
            publisher: flight.publisher.and_then(|slot| self.facts(slot, now)),
            kept: flight
                .ticket
                .map_or(Kept::Not, |ticket| self.commits.kept(ticket)),
            deliveries,
        })
    }

    /// What this shard did with a message that another took in.
    pub fn foreign_deliveries(&self, trace: TraceId) -> Option<Deliveries> {
        self.machine
            .flight(trace)
            .map(|flight| self.deliveries(&flight))
    }

    /// The open connection of a client id.
    pub fn connection_of(
        &self,
        account: AccountId,
        client_id: &str,
        now: Now,
    ) -> Option<ConnectionFacts> {
        let slot = self.machine.find(account, client_id)?;
        self.facts(slot, now)
    }

    /// What the policies of an open connection say.
    pub fn may_publish(
        &mut self,
        account: AccountId,
        client_id: &str,
        principal: &str,
        topic: &str,
    ) -> Option<Ruling> {
        let slot = self.machine.find(account, client_id)?;
        let glance = self.machine.glance(slot)?;
        if glance.auth.principal.id.to_string() != principal {
            return None;
        }
        let (effect, why) = self.host.why(glance.auth, Action::Publish, topic);
        let allowed = effect.is_allowed();
        Some(Ruling { allowed, why })
    }

    fn deliveries(&self, flight: &hw_session::Flight) -> Deliveries {
        let [sent, queued, full, refused, lost] = flight.fates.map(u64::from);
        let receiver = |(slot, fate): &(Slot, hw_session::Fate)| {
            let glance = self.machine.glance(*slot);
            Receiver {
                client_id: glance.map(|glance| glance.client_id.to_owned()),
                fate: named(*fate),
            }
        };
        Deliveries {
            sent,
            queued,
            dropped_full: full,
            refused_receive: refused,
            lost,
            receivers: flight.receivers.iter().map(receiver).collect(),
            forgotten: 0,
        }
    }

    pub(super) fn facts(&self, slot: Slot, now: Now) -> Option<ConnectionFacts> {
        let glance = self.machine.glance(slot).filter(|glance| glance.live)?;
        let silent = now
            .monotonic
            .saturating_sub(Duration::from_millis(glance.seen_millis));
        let silent = i64::try_from(silent.as_micros()).unwrap_or(i64::MAX);
        let subscribed = |(filter, qos): &(&str, u8)| Subscribed {
            filter: (*filter).to_owned(),
            qos: *qos,
        };
        let connection = self.connections.get(slot.index as usize);
        let connection = connection.and_then(Option::as_ref);
        Some(ConnectionFacts {
            client_id: glance.client_id.to_owned(),
            thing: glance.auth.thing_name().map(str::to_owned),
            principal: glance.auth.principal.id.to_string(),
            address: glance.auth.peer.to_string(),
            door: connection.map_or("mqtt", Connection::door),
            mqtt: if glance.v5 { "5" } else { "3.1.1" },
            since: glance.auth.since,
            policies_since: glance.auth.policies_since,
            last_packet: Timestamp(now.wall.0.saturating_sub(silent)),
            keep_alive_seconds: glance.keep_alive_seconds,
            subscriptions: glance.subscriptions.iter().map(subscribed).collect(),
            unacknowledged: glance.unacknowledged,
            unread_bytes: glance.unsent_bytes + glance.queued_bytes,
        })
    }
}

fn named(fate: hw_session::Fate) -> Fate {
    match fate {
        hw_session::Fate::Sent => Fate::Sent,
        hw_session::Fate::Queued => Fate::Queued,
        hw_session::Fate::Full => Fate::DroppedFull,
        hw_session::Fate::Refused => Fate::RefusedReceive,
        hw_session::Fate::Lost => Fate::Lost,
    }
}
