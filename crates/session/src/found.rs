// SPDX-License-Identifier: Apache-2.0
//! Owed messages come from the Log: they are checked as at a delivery, and go on to the client.

use hw_mqtt::{Properties, Qos};

use crate::connection::Connection;
use crate::journal::{Found, FoundMessage};
use crate::message::Message;
use crate::pump::outgoing_of;
use crate::queue::Queued;
use crate::sessions::Link;
use crate::{Happening, Host, Now, Shard, Slot};

/// Why an owed message does not go out.
enum Dropped {
    Lost,
    Expired,
    Refused,
    TooLarge,
}

impl<H: Host> Shard<H> {
    /// Takes what [`Host::fetch`] was asked for, whole or in part. A place that is left out is asked
    /// for again.
    pub fn found(&mut self, host: &mut H, now: Now, session: u64, found: &[Found]) {
        let Some(Link::Here(slot)) = self.sessions.get(session).map(|it| &it.link) else {
            return;
        };
        let slot = *slot;
        if let Some(connection) = self.connections.live_mut(slot)
            && let Some(outgoing) = outgoing_of(connection)
        {
            outgoing.fetching = false;
        }
        for one in found {
            if let Err(why) = self.bring(host, now, slot, one) {
                self.let_fall(host, now, slot, session, one, &why);
            }
        }
        self.pump(host, now, slot);
    }

    fn bring(&mut self, host: &mut H, now: Now, slot: Slot, one: &Found) -> Result<(), Dropped> {
        let Some(connection) = self.connections.live_mut(slot) else {
            return Ok(());
        };
        let found = one.message.as_ref().ok_or(Dropped::Lost)?;
        if !host.receive(&mut connection.auth, &found.topic) {
            return Err(Dropped::Refused);
        }
        let packet = packet(connection, found, now)?;
        if !connection.takes_message_of(packet.packet.len()) {
            return Err(Dropped::TooLarge);
        }
        if let Some(outgoing) = outgoing_of(connection) {
            outgoing.bring(one.place, packet);
        }
        Ok(())
    }

    /// An owed message does not go out, and is owed no more; one of QoS 2 that was begun is released.
    fn let_fall(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        session: u64,
        one: &Found,
        why: &Dropped,
    ) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let Some(outgoing) = outgoing_of(connection) else {
            return;
        };
        if outgoing.release_at(one.place) {
            return self.note_dropped(host, slot, one, why);
        }
        let Some(dropped) = outgoing.drop_at(one.place) else {
            return;
        };
        if let Some(id) = dropped.id {
            connection.inflight.release(id);
        }
        if matches!(why, Dropped::Expired | Dropped::TooLarge) {
            (0..dropped.ids_due).for_each(|_| connection.inflight.burn());
        }
        self.note_dropped(host, slot, one, why);
        self.consumed(host, now, session, dropped.origin);
    }

    fn note_dropped(&mut self, host: &mut H, slot: Slot, one: &Found, why: &Dropped) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let (outcome, cause) = match why {
            Dropped::Lost => {
                self.counters.dropped_lost += 1;
                ("dropped", "the log does not have it any more")
            }
            Dropped::Expired => {
                self.counters.dropped_expired += 1;
                ("dropped", "it expired before it could be delivered")
            }
            Dropped::Refused => {
                self.counters.refused_receive += 1;
                ("refused", "iot:Receive is not allowed")
            }
            Dropped::TooLarge => {
                self.counters.dropped_too_large += 1;
                (
                    "dropped",
                    "larger than the Maximum Packet Size of the receiver",
                )
            }
        };
        let happening = Happening {
            kind: "deliver",
            outcome,
            cause: cause.into(),
            topic: one.message.as_ref().map(|it| it.topic.to_string()),
            trace: one.message.as_ref().map(|it| it.trace),
            count: 1,
        };
        host.happened(&connection.auth, happening);
    }
}

/// The packet of a message for that connection.
fn packet<A>(
    connection: &Connection<A>,
    found: &FoundMessage,
    now: Now,
) -> Result<Queued, Dropped> {
    let properties = Properties::from_raw(&found.properties);
    let age = now.wall.0.saturating_sub(found.time.0).max(0) / 1_000_000;
    let left = properties
        .message_expiry_interval()
        .map(|lifetime| i64::from(lifetime) - age);
    if left.is_some_and(|left| left <= 0) {
        return Err(Dropped::Expired);
    }
    let qos = Qos::from_bits(found.qos).unwrap_or(Qos::AtLeastOnce);
    let message = Message {
        account: connection.account,
        trace: found.trace,
        topic: &found.topic,
        properties,
        payload: &found.payload,
        qos,
        retain: found.retain,
        members: 0,
    };
    let ids = &found.subscription_ids;
    let mut packet = Queued::encode(&message, connection.version, qos, found.retain, ids, now)
        .ok_or(Dropped::TooLarge)?;
    if let Some(left) = left {
        packet.expires_in(connection.version, left as u32, now);
    }
    Ok(packet)
}
