// SPDX-License-Identifier: Apache-2.0
//! Publishes what happens in clients' lives: `$aws/events/presence/…` and
//! `$aws/events/subscriptions/…`, as AWS IoT does (developer guide, `life-cycle-events`).
//!
//! QoS 0, published by the server itself, so that no policy is asked for it but `iot:Receive` of
//! those who get it. If nobody has subscribed and nothing is kept it costs one look into the tree.

use hw_mqtt::{Properties, Publish, Qos, reason};

use crate::ingest::Origin;
use crate::life::{Life, Moment, Parting, SessionIdentifier};
use crate::refusal::Refusal;
use crate::{Host, Now, Shard, Slot};

impl<H: Host> Shard<H> {
    /// A connection is admitted.
    pub(crate) fn tell_connected(&mut self, host: &mut H, now: Now, slot: Slot) {
        let Some(connection) = self.connections.get(slot) else {
            return;
        };
        let (version, client_id) = (connection.life, connection.client_id.clone());
        self.tell(host, now, slot, &client_id, Moment::Connected { version });
    }

    /// A connection has ended that was admitted.
    pub(crate) fn tell_disconnected(&mut self, host: &mut H, now: Now, slot: Slot, why: Parting) {
        let Some(connection) = self.connections.get(slot) else {
            return;
        };
        let (version, client_id) = (connection.life, connection.client_id.clone());
        let account = connection.account;
        self.versions
            .leave(account, &client_id, version, now.monotonic);
        let moment = Moment::Disconnected { version, why };
        self.tell(host, now, slot, &client_id, moment);
    }

    /// A connection has subscribed or unsubscribed.
    pub(crate) fn tell_topics(&mut self, host: &mut H, now: Now, slot: Slot, moment: Moment<'_>) {
        let (Moment::Subscribed(topics) | Moment::Unsubscribed(topics)) = moment else {
            return;
        };
        if let Some(connection) = self.connections.live_mut(slot)
            && !topics.is_empty()
        {
            let client_id = connection.client_id.clone();
            self.tell(host, now, slot, &client_id, moment);
        }
    }

    /// Publishes the message, if somebody gets it or it is kept.
    pub(crate) fn tell(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        client_id: &str,
        moment: Moment<'_>,
    ) {
        // No topic has wildcards in it.
        if client_id.is_empty() || client_id.contains(['#', '+']) {
            return;
        }
        let mut topic = String::with_capacity(48 + client_id.len());
        topic.push_str(moment.topic());
        topic.push_str(client_id);
        let Some(account) = self.connections.get(slot).map(|it| it.account) else {
            return;
        };
        if hw_model::topic::check_name(&topic).is_err() || !self.is_heard(host, account, &topic) {
            return;
        }
        let Some(connection) = self.connections.get(slot) else {
            return;
        };
        let life = Life {
            client_id,
            time: now.wall,
            session: SessionIdentifier::of(&self.settings, slot),
            what: moment,
        };
        let payload = host.life(&connection.auth, &life);
        let mut auth = host.server(account);
        let publish = Publish {
            dup: false,
            qos: Qos::AtMostOnce,
            retain: false,
            topic: &topic,
            packet_id: 0,
            properties: Properties::EMPTY,
            payload: &payload,
        };
        let auth = &mut auth;
        let taken = self.ingest(host, now, Origin::Server { auth, account }, &publish);
        debug_assert!(taken.is_ok(), "the server may publish anything");
    }

    fn is_heard(&mut self, host: &mut H, account: hw_model::AccountId, topic: &str) -> bool {
        if host.keeps(account, topic) {
            return true;
        }
        let mut found = std::mem::take(&mut self.scratch.found);
        host.route(account, topic, &mut found);
        let somebody = !found.is_empty();
        found.clear();
        self.scratch.found = found;
        somebody
    }
}

/// Why a connection ends that is refused something.
pub(crate) fn parting(refusal: &Refusal) -> Parting {
    if refusal.by_server {
        return Parting::ServerError;
    }
    match (refusal.code, refusal.kind) {
        (Some(reason::SESSION_TAKEN_OVER), _) => Parting::DuplicateClientId,
        (Some(reason::KEEP_ALIVE_TIMEOUT), _) => Parting::KeepAliveTimeout,
        (Some(reason::MAXIMUM_CONNECT_TIME), _) => Parting::ProofExpired,
        (Some(reason::ADMINISTRATIVE_ACTION), _) => Parting::ApiInitiated,
        (Some(reason::SERVER_SHUTTING_DOWN), _) => Parting::ServerInitiated,
        (Some(reason::QUOTA_EXCEEDED), "disconnect") => Parting::Throttled,
        (Some(reason::NOT_AUTHORIZED), "disconnect") => Parting::ForbiddenAccess,
        (Some(reason::NOT_AUTHORIZED), _) => Parting::AuthError,
        (_, "disconnect") => Parting::ServerInitiated,
        _ => Parting::ClientError,
    }
}
