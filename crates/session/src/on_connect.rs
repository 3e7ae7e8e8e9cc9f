// SPDX-License-Identifier: Apache-2.0
//! CONNECT: admits a connection, or refuses it with a code and an event.

use std::borrow::Cow;

use hw_mqtt::{Connect, DecodeError, Version, connect, frame, reason};

use crate::refusal::Refusal;
use crate::short_topics::ShortTopics;
use crate::will::Will;
use crate::{ConnectFacts, Happening, Host, Moment, Now, Opening, Shard, Slot, Verdict, reserved};

/// How a refused CONNECT is answered.
type Answer = Option<(Version, u8)>;

impl<H: Host> Shard<H> {
    /// Takes a connection over from its handshake. It is answered and admitted, or refused and
    /// closed after its answer is written; [`Shard::lost`] is owed in both cases.
    pub fn open(&mut self, host: &mut H, now: Now, opening: Opening<H::Auth>) -> Slot {
        let Opening {
            auth,
            account,
            connect,
            client_id,
            until,
        } = opening;
        let slot = self
            .connections
            .insert(|slot| crate::connection::Connection::new(slot, account, auth));
        self.counters.bytes_received += connect.len() as u64;
        if until.is_some()
            && let Some(connection) = self.connections.get_mut(slot)
        {
            connection.rare().until = until;
        }
        match self.read(&connect) {
            Ok(packet) => {
                let client_id = match packet.client_id {
                    "" => client_id.as_str(),
                    sent => sent,
                };
                match self.admit(host, now, slot, &packet, client_id) {
                    Ok(()) => self.welcome(host, now, slot, &packet, client_id),
                    Err(refusal) => {
                        if refusal.code == Some(reason::NOT_AUTHORIZED) {
                            self.tell(host, now, slot, client_id, Moment::ConnectFailed);
                        }
                        let answer = refusal.code.map(|code| (packet.version, code));
                        self.refuse(host, now, slot, answer, refusal);
                    }
                }
            }
            Err(error) => {
                let refusal = Refusal::packet(error.reason(), error.to_string());
                self.refuse(host, now, slot, error.connack(), refusal);
            }
        }
        slot
    }

    fn read<'a>(&self, packet: &'a [u8]) -> Result<Connect<'a>, DecodeError> {
        frame::peek(packet, self.settings.limits.packet_bytes_max)?;
        connect::decode(packet)
    }

    /// Checks in the order in which a refusal tells least to whom it does not concern.
    fn admit(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        packet: &Connect<'_>,
        client_id: &str,
    ) -> Result<(), Refusal> {
        let refuse = |code, cause: Cow<'static, str>, told| {
            let refusal = Refusal::new("connect", "refused", code, cause);
            Err(Refusal { told, ..refusal })
        };
        if self.draining {
            return refuse(
                reason::SERVER_UNAVAILABLE,
                "the server shuts down".into(),
                true,
            );
        }
        let invalid = reason::CLIENT_IDENTIFIER_NOT_VALID;
        let may_be_empty = match packet.version {
            Version::V31 => false,
            // MQTT-3.1.3-8.
            Version::V311 => packet.clean_start,
            Version::V5 => true,
        };
        if packet.client_id.is_empty() && !may_be_empty {
            let cause = "an empty client id needs Clean Session 1, and MQTT 3.1.1 or 5";
            return refuse(invalid, cause.into(), true);
        }
        let bytes_max = self
            .settings
            .limits
            .client_id_bytes_max
            .min(usize::from(u16::MAX));
        if client_id.is_empty() || client_id.len() > bytes_max {
            let cause = format!("a client id has 1 to {bytes_max} bytes");
            return refuse(invalid, cause.into(), true);
        }
        if let Err((code, cause)) = self.settings.limits.check_connect(packet, client_id) {
            return refuse(code, cause, true);
        }
        if packet.properties.authentication_method().is_some() {
            let cause = "enhanced authentication (Authentication Method) is not supported";
            return refuse(reason::BAD_AUTHENTICATION_METHOD, cause.into(), true);
        }
        let facts = ConnectFacts {
            client_id,
            persistent: asks_to_persist(packet),
            will_topic: packet.will.map(|will| will.topic),
            will_retain: packet.will.is_some_and(|will| will.retain),
        };
        let connection = self
            .connections
            .get_mut(slot)
            .expect("it was inserted by the caller");
        if let Verdict::Denied(why) = host.connect(&mut connection.auth, &facts) {
            return refuse(reason::NOT_AUTHORIZED, why.into(), false);
        }
        let max = self.settings.limits.connects_per_client_id_per_second_max;
        let account = connection.account;
        // Only who may have the client id counts: nobody else can use it up.
        if !self
            .connect_rate
            .allows(account, client_id, now.monotonic, max)
        {
            let cause = format!("a client id connects at most {max} times a second");
            return refuse(reason::QUOTA_EXCEEDED, cause.into(), true);
        }
        if let Err(cause) = self.begin_share(host, now, slot, client_id) {
            return refuse(reason::QUOTA_EXCEEDED, cause.into(), true);
        }
        let reserved = |will: hw_mqtt::Will<'_>| reserved::refuse(will.topic, will.retain);
        match packet.will.and_then(reserved) {
            // It could never be published; MQTT has no code for a bad topic of a will.
            Some(refusal) => Err(Refusal {
                code: None,
                ..refusal
            }),
            None => Ok(()),
        }
    }

    fn welcome(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        packet: &Connect<'_>,
        client_id: &str,
    ) {
        let limits = &self.settings.limits;
        let connection = self
            .connections
            .get_mut(slot)
            .expect("it was inserted by the caller");
        let (account, properties) = (connection.account, packet.properties);
        let receive_max = properties.receive_maximum().unwrap_or(u16::MAX);
        connection.version = packet.version;
        connection.bridge = packet.bridge;
        connection.wants_words = properties.request_problem_information() == Some(true);
        connection.client_id = client_id.into();
        connection.receive_max = receive_max.min(limits.inflight_messages_max.max(1));
        connection.packet_bytes_max = properties.maximum_packet_size().unwrap_or(u32::MAX);
        connection.seen_millis = now.monotonic.as_millis() as u64;
        connection.keep_alive_seconds =
            limits.keep_alive(packet.version, packet.keep_alive_seconds);
        if let Some(will) = &packet.will {
            let ends_at_once = properties.session_expiry_interval() == Some(0);
            connection.rare().will = Some(Box::new(Will::of(will, ends_at_once)));
        }
        let aliases_max = properties.topic_alias_maximum().unwrap_or(0);
        if aliases_max > 0 {
            connection.rare().short = ShortTopics::up_to(aliases_max);
        }
        let (name, expires) = (connection.client_id.clone(), connection.due());
        self.take_over(host, now, slot, packet.clean_start);
        self.names.insert(account, name, slot);
        let life = self.versions.next(account, client_id, now.monotonic);
        if let Some(expires) = expires {
            self.wheel.schedule(slot, expires);
        }
        let connection = self
            .connections
            .get_mut(slot)
            .expect("it was inserted by the caller");
        connection.life = life;
        host.happened(
            &connection.auth,
            Happening {
                kind: "connect",
                outcome: "ok",
                cause: "accepted".into(),
                topic: None,
                trace: None,
                count: 1,
            },
        );
        let met = self.meet_session(host, now, slot, packet, client_id);
        let welcomed = self.write_welcome(slot, packet, met);
        if let Some(ticket) = met.ticket {
            self.hold_welcome(slot, met.expiry_before, ticket);
        }
        // Behind CONNACK, as the client may have subscribed to it in its session.
        self.tell_connected(host, now, slot);
        if met.present && welcomed {
            self.pump(host, now, slot);
        }
        if !welcomed {
            let cause = "the client's Maximum Packet Size leaves no room for a CONNACK";
            let refusal = Refusal::packet(reason::PACKET_TOO_LARGE, cause);
            self.end(
                host,
                now,
                slot,
                Refusal {
                    code: None,
                    ..refusal
                },
            );
        }
    }

    pub(crate) fn count_refused(&mut self, code: Option<u8>) {
        let counters = &mut self.counters;
        counters.refused_connects += 1;
        match code {
            Some(reason::NOT_AUTHORIZED) => counters.refused_connects_denied += 1,
            Some(reason::CLIENT_IDENTIFIER_NOT_VALID) => counters.refused_connects_client_id += 1,
            Some(
                reason::SERVER_UNAVAILABLE
                | reason::SERVER_BUSY
                | reason::CONNECTION_RATE_EXCEEDED
                | reason::QUOTA_EXCEEDED,
            ) => counters.refused_connects_unavailable += 1,
            _ => {}
        }
    }

    fn refuse(&mut self, host: &mut H, now: Now, slot: Slot, answer: Answer, refusal: Refusal) {
        self.count_refused(refusal.code);
        let connection = self
            .connections
            .get_mut(slot)
            .expect("it was inserted by the caller");
        let happening = Happening {
            kind: "connect",
            ..refusal.happening()
        };
        host.happened(&connection.auth, happening);
        if let Some((version, code)) = answer {
            connection.version = version;
            self.write_refusal(slot, version, code, &refusal);
        }
        self.close(now, slot);
    }
}

/// Whether the session is to outlive the connection.
pub(crate) fn asks_to_persist(packet: &Connect<'_>) -> bool {
    match packet.version {
        Version::V31 | Version::V311 => !packet.clean_start,
        Version::V5 => packet.properties.session_expiry_interval().unwrap_or(0) > 0,
    }
}
