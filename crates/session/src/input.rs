// SPDX-License-Identifier: Apache-2.0
//! Bytes of a client: finds the packets in them and gives each to its room.

use std::time::Duration;

use hw_mqtt::packet::{puback, publish};
use hw_mqtt::{DecodeError, Frame, Packet, PacketType, Version, decode, encode, frame, reason};

use crate::refusal::Refusal;
use crate::{Happening, Host, Now, Shard, Slot};

impl<H: Host> Shard<H> {
    /// Takes in what a connection sent: every whole packet, in place. Returns how many bytes are
    /// done with; the rest, fewer than `packet_bytes_max`, is to be given again with what comes
    /// behind it. Bytes of a connection that is closing or gone are done with at once.
    ///
    /// How the bytes are cut into calls makes no difference.
    pub fn input(&mut self, host: &mut H, now: Now, slot: Slot, bytes: &[u8]) -> usize {
        let packet_bytes_max = self.settings.limits.packet_bytes_max;
        let mut done = 0;
        loop {
            let Some(connection) = self.connections.live_mut(slot) else {
                return bytes.len();
            };
            let rest = &bytes[done..];
            let answered = puback::short(rest);
            let found = match answered {
                Some(_) => Ok(Some(Frame {
                    first: rest[0],
                    header_len: 2,
                    total_len: puback::SHORT_BYTES,
                })),
                None => frame::peek_in(connection.version, rest, packet_bytes_max),
            };
            let frame = match found {
                Ok(Some(frame)) if frame.total_len <= rest.len() => frame,
                Ok(_) => break,
                Err(error) => {
                    self.broken(host, now, slot, error);
                    continue;
                }
            };
            if connection.output.unsent_bytes() > self.settings.limits.answers_bytes_max() {
                self.cut_slow(host, now, slot, "answers");
                continue;
            }
            connection.seen_millis = now.monotonic.as_millis() as u64;
            let version = connection.version;
            match answered {
                Some(id) => self.on_puback(host, now, slot, id),
                None => self.packet(host, now, slot, version, frame, rest),
            }
            done += frame.total_len;
        }
        self.counters.bytes_received += done as u64;
        self.charge_bytes(now, slot, done);
        done
    }

    #[inline]
    fn packet(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        version: Version,
        frame: Frame,
        bytes: &[u8],
    ) {
        let packet = &bytes[..frame.total_len];
        match PacketType::of_first_byte(frame.first) {
            Some(PacketType::Publish) => match publish::decode_framed(version, frame, packet) {
                Ok(publish) => self.on_publish(host, now, slot, &publish),
                Err(error) => self.broken(host, now, slot, error),
            },
            Some(PacketType::PubAck) => match puback::decode(version, packet) {
                Ok(puback) => self.on_puback(host, now, slot, puback.packet_id),
                Err(error) => self.broken(host, now, slot, error),
            },
            Some(kind) => self.rare_packet(host, now, slot, version, kind, packet),
            None => unreachable!("frame::peek refuses it"),
        }
    }

    fn rare_packet(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        version: Version,
        kind: PacketType,
        packet: &[u8],
    ) {
        let unexpected = |cause: String| Refusal::packet(reason::PROTOCOL_ERROR, cause);
        if !kind.sent_by_client() {
            let mut refusal = unexpected(format!("{kind} comes from servers only"));
            if kind == PacketType::PingResp && packet.len() > 2 {
                // As a PINGREQ with a body: who sends it would not listen.
                refusal.code = None;
            }
            return self.breach(host, now, slot, refusal);
        }
        match decode(version, packet) {
            Ok(Packet::Subscribe(subscribe)) => self.on_subscribe(host, now, slot, &subscribe),
            Ok(Packet::Unsubscribe(packet)) => self.on_unsubscribe(host, now, slot, &packet),
            Ok(Packet::PingReq(_)) => {
                let pong = |out: &mut Vec<u8>| encode::pingresp(out);
                self.answer(host, now, slot, pong);
            }
            Ok(Packet::Disconnect(packet)) => self.on_disconnect(host, now, slot, &packet),
            Ok(Packet::Connect(_)) => {
                self.breach(host, now, slot, unexpected("a second CONNECT".into()));
            }
            Ok(Packet::Auth(_)) => {
                // MQTT-4.12.0-6: none may come where CONNECT named no method.
                let cause = "AUTH without an Authentication Method in CONNECT";
                self.breach(host, now, slot, unexpected(cause.into()));
            }
            Ok(Packet::PubRec(it)) => self.on_pubrec(host, now, slot, it.packet_id, it.reason),
            Ok(Packet::PubRel(it)) => self.on_pubrel(host, now, slot, it.packet_id),
            Ok(Packet::PubComp(it)) => self.on_pubcomp(host, now, slot, it.packet_id),
            Ok(other) => {
                let cause = format!("{} is out of place", other.packet_type());
                self.breach(host, now, slot, unexpected(cause));
            }
            Err(error) => self.broken(host, now, slot, error),
        }
    }

    fn on_disconnect(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        packet: &hw_mqtt::Disconnect<'_>,
    ) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let number = connection.rare.as_ref().map_or(0, |rare| rare.session);
        let expiry = packet.properties.session_expiry_interval();
        let session = self.sessions.get_mut(number);
        let lasts = session.as_ref().is_some_and(|it| it.expiry_seconds > 0);
        if expiry.unwrap_or(0) > 0 && !lasts {
            // MQTT 5, section 3.14.2.2.2.
            let cause = "DISCONNECT raises the Session Expiry Interval from 0";
            let refusal = Refusal::packet(reason::PROTOCOL_ERROR, cause);
            return self.breach(host, now, slot, refusal);
        }
        if let (Some(expiry), Some(session)) = (expiry, session) {
            session.expiry_seconds = expiry.min(self.settings.limits.session_expiry_seconds_max);
        }
        if expiry == Some(0)
            && let Some(will) = connection.rare.as_mut().and_then(|it| it.will.as_mut())
        {
            // The session ends now, and no will waits longer than its session.
            will.delay = Duration::ZERO;
        }
        let cause = match packet.reason {
            reason::NORMAL_DISCONNECTION => "the client disconnected".into(),
            code => format!("the client disconnected: {}", reason::describe(code)).into(),
        };
        if packet.reason == reason::NORMAL_DISCONNECTION
            && let Some(rare) = &mut connection.rare
        {
            // MQTT-3.14.4-3; with any other code the will is published.
            rare.will = None;
        }
        self.end_quietly(
            host,
            now,
            slot,
            Happening {
                kind: "disconnect",
                outcome: "closed",
                cause,
                topic: None,
                trace: None,
                count: 1,
            },
        );
    }

    /// Writes an answer; a client that takes no packet of its size is cut.
    pub(crate) fn answer(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        packet: impl FnOnce(&mut Vec<u8>),
    ) {
        if !self.write(slot, packet) {
            let cause = "the client's Maximum Packet Size leaves no room for an answer";
            let refusal = Refusal::packet(reason::PACKET_TOO_LARGE, cause);
            self.end(host, now, slot, refusal);
        }
    }

    /// The packet can't be read.
    fn broken(&mut self, host: &mut H, now: Now, slot: Slot, error: DecodeError) {
        self.breach(host, now, slot, error.into());
    }

    /// A rule of MQTT was broken.
    pub(crate) fn breach(&mut self, host: &mut H, now: Now, slot: Slot, refusal: Refusal) {
        self.counters.protocol_errors += 1;
        self.end(host, now, slot, refusal);
    }
}
