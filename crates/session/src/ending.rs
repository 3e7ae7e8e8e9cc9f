// SPDX-License-Identifier: Apache-2.0
//! How connections end: by a refusal, by the peer, by a lost socket, by shutdown.

use hw_mqtt::encode;
use hw_mqtt::{Disconnect, Property, PropertyBuf, Version, reason};

use crate::connection::State;
use crate::journal::Note;
use crate::life::Parting;
use crate::presence::parting;
use crate::refusal::Refusal;
use crate::sessions::{Link, Session};
use crate::{Close, Happening, Host, Lost, Now, Shard, Slot, shared};

impl<H: Host> Shard<H> {
    /// The socket is gone: frees the slot. To be called once for each connection, also for one
    /// that the machine wanted closed.
    pub fn lost(&mut self, host: &mut H, now: Now, slot: Slot, cause: Lost) {
        if self.connections.live_mut(slot).is_some() {
            let why = match cause {
                Lost::Closed => Parting::ServerInitiated,
                Lost::ByPeer | Lost::Error(_) => Parting::ConnectionLost,
            };
            let cause = match cause {
                Lost::Closed => "closed by the server".into(),
                Lost::ByPeer => "connection lost: closed without DISCONNECT".into(),
                Lost::Error(error) => format!("connection lost: {error}").into(),
            };
            let happening = Happening {
                kind: "disconnect",
                outcome: "closed",
                cause,
                topic: None,
                trace: None,
                count: 1,
            };
            self.detach(host, now, slot, happening, why);
        }
        if let Some(mut connection) = self.connections.remove(slot) {
            self.last_topics.forget(slot);
            self.forget_waiting(&connection);
            connection.output.release(&mut self.pool);
        }
    }

    /// Ends every connection and refuses later ones. Acknowledgements that wait for the Log do
    /// not leave any more: wait for it first.
    pub fn shutdown(&mut self, host: &mut H, now: Now) {
        self.draining = true;
        self.write_consumed(host);
        self.write_unwritten(host, now);
        let mut slots = std::mem::take(&mut self.scratch.slots);
        self.connections.live(&mut slots);
        for slot in slots.drain(..) {
            let code = reason::SERVER_SHUTTING_DOWN;
            let refusal = Refusal::new("disconnect", "closed", code, "the server shuts down");
            self.end(host, now, slot, refusal);
        }
        self.scratch.slots = slots;
    }

    /// Ends a live connection: an event, a DISCONNECT in MQTT 5, then the close.
    pub(crate) fn end(&mut self, host: &mut H, now: Now, slot: Slot, refusal: Refusal) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        if let (Version::V5, Some(code)) = (connection.version, refusal.code) {
            // Absent, Request Problem Information is 1; but there are clients that can't read words.
            let told = refusal.told && connection.wants_words;
            self.say_goodbye(slot, code, told.then_some(refusal.cause.as_ref()));
        }
        let why = parting(&refusal);
        self.detach(host, now, slot, refusal.happening(), why);
        self.close(now, slot);
    }

    /// The same for a connection that ends without a word: its client asked for it.
    pub(crate) fn end_quietly(&mut self, host: &mut H, now: Now, slot: Slot, happening: Happening) {
        self.detach(host, now, slot, happening, Parting::ClientInitiated);
        self.close(now, slot);
    }

    /// Has it closed when its last bytes are written, or soon anyway.
    pub(crate) fn close(&mut self, now: Now, slot: Slot) {
        let until = now.monotonic + self.settings.limits.close_linger;
        if let Some(connection) = self.connections.get_mut(slot) {
            connection.state = State::Closing { until };
            connection.output.set_close(Close::AfterFlush);
            self.wheel.schedule(slot, until);
            self.touch(slot);
        }
    }

    /// The session of a connection that ended ends with it, if it does not last.
    fn forget_session(&mut self, host: &mut H, slot: Slot, number: u64) {
        let is_here = |it: &Session| matches!(it.link, Link::Here(here) if here == slot);
        if self.sessions.get(number).is_some_and(is_here)
            && let Some(session) = self.sessions.remove(number)
        {
            host.note(session.account, number, &Note::Ended);
        }
    }

    fn say_goodbye(&mut self, slot: Slot, code: u8, words: Option<&str>) {
        let mut properties = PropertyBuf::new();
        if let Some(words) = words {
            // Words that are too long for the property are left out.
            let _ = properties.push(Property::ReasonString(words));
        }
        let with_words = Disconnect {
            reason: code,
            properties: properties.as_properties(),
        };
        let told = self.write(slot, |out| {
            if encode::disconnect_with(out, Version::V5, &with_words).is_err() {
                encode::disconnect(out, Version::V5, code);
            }
        });
        if !told {
            // A client that takes no packet of four bytes gets none.
            let _ = self.write(slot, |out| encode::disconnect(out, Version::V5, code));
        }
    }

    /// Takes a live connection out of the tree and the names, tells the event, publishes its will,
    /// and that it is gone.
    pub(crate) fn detach(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        happening: Happening,
        why: Parting,
    ) {
        let shard = self.settings.shard;
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        host.happened(&connection.auth, happening);
        // Nobody says PUBREL any more, and all of it was taken.
        self.release_all(host, now, slot);
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        self.names
            .remove(connection.account, &connection.client_id, slot);
        connection.state = State::Closing {
            until: std::time::Duration::ZERO,
        };
        let goes_on = self.put_aside(host, now, slot);
        // When all end there is nobody to give it to.
        let of_groups = match goes_on || self.draining {
            true => Vec::new(),
            false => self.of_groups(slot),
        };
        if !goes_on && let Some(connection) = self.connections.get_mut(slot) {
            let key = connection.key();
            let subscriptions = std::mem::take(&mut connection.subscriptions);
            for subscription in &subscriptions {
                let topics = shared::split(&subscription.filter).topics;
                let subscriber = subscription.subscriber(shard, key);
                host.remove(connection.account, topics, &subscriber);
            }
            self.counters.subscriptions -= subscriptions.len() as u64;
        }
        self.give_on(host, slot, of_groups);
        if self.put_will_aside(host, now, slot) {
            if let Some(connection) = self.connections.get_mut(slot) {
                connection.rare = None;
            }
            return self.tell_disconnected(host, now, slot, why);
        }
        let fired = self.fire_will(host, now, slot);
        if let Some(connection) = self.connections.get_mut(slot) {
            let session = connection.rare.as_ref().map_or(0, |rare| rare.session);
            if fired && self.sessions.get(session).is_some() {
                host.note(connection.account, session, &Note::WillGone);
            }
            connection.rare = None;
            self.forget_session(host, slot, session);
        }
        self.tell_disconnected(host, now, slot, why);
    }
}
