// SPDX-License-Identifier: Apache-2.0
//! What a profile bounds: sizes, kinds and rates of what a client sends.

use std::borrow::Cow;
use std::time::Duration;

use hw_mqtt::{Connect, Property, PropertyBuf, Publish, Qos, Version, reason};

use crate::acks::Answer;
use crate::principal_use::Share;
use crate::refusal::Refusal;
use crate::settings::Limits;
use crate::{Happening, Host, Now, Shard, Slot, reserved, shared};

/// A code of MQTT 5, and words.
type Refused = (u8, Cow<'static, str>);

impl Limits {
    /// Whether a topic, or a filter without its share, is short and flat enough.
    pub(crate) fn check_topic(&self, topic: &str) -> Result<(), String> {
        let counted = reserved::without_rule(topic);
        let (bytes_max, slashes_max) = (self.topic_bytes_max, self.topic_slashes_max);
        if counted.len() > bytes_max {
            return Err(format!("a topic has at most {bytes_max} bytes"));
        }
        if slashes_max < counted.len() && counted.matches('/').count() > slashes_max {
            return Err(format!("a topic has at most {slashes_max} slashes"));
        }
        Ok(())
    }

    /// The same for a filter and its share.
    pub(crate) fn check_filter(&self, filter: &shared::Filter<'_>) -> Result<(), Refused> {
        let invalid = |cause: String| (reason::TOPIC_FILTER_INVALID, cause.into());
        self.check_topic(filter.topics).map_err(invalid)?;
        let bytes_max = self.share_name_bytes_max;
        if filter.share.is_some_and(|share| share.len() > bytes_max) {
            return Err(invalid(format!(
                "the name of a shared subscription has at most {bytes_max} bytes"
            )));
        }
        Ok(())
    }

    /// Whether a CONNECT asks for no more than there is.
    pub(crate) fn check_connect(
        &self,
        packet: &Connect<'_>,
        client_id: &str,
    ) -> Result<(), Refused> {
        if self.quirks.no_dollar_client_ids && client_id.starts_with('$') {
            let cause = "a client id does not begin with $";
            return Err((reason::CLIENT_IDENTIFIER_NOT_VALID, cause.into()));
        }
        let Some(will) = packet.will else {
            return Ok(());
        };
        if will.qos as u8 > self.qos_max {
            let cause = format!("the greatest QoS is {}", self.qos_max);
            return Err((reason::QOS_NOT_SUPPORTED, cause.into()));
        }
        if will.payload.len() > self.payload_bytes_max {
            let cause = format!("a payload has at most {} bytes", self.payload_bytes_max);
            return Err((reason::QUOTA_EXCEEDED, cause.into()));
        }
        self.check_topic(will.topic)
            .map_err(|cause| (reason::TOPIC_NAME_INVALID, cause.into()))
    }

    /// Whether a message is small and plain enough.
    #[inline]
    pub(crate) fn check_publish(&self, publish: &Publish<'_>) -> Result<(), Refusal> {
        let refuse = |code, cause: String| Err(Refusal::publish(publish.topic, code, cause));
        if publish.qos as u8 > self.qos_max {
            let cause = format!("the greatest QoS is {}", self.qos_max);
            return refuse(reason::QOS_NOT_SUPPORTED, cause);
        }
        if publish.payload.len() > self.payload_bytes_max {
            let cause = format!("a payload has at most {} bytes", self.payload_bytes_max);
            return refuse(reason::QUOTA_EXCEEDED, cause);
        }
        match self.check_topic(publish.topic) {
            Ok(()) => Ok(()),
            Err(cause) => refuse(reason::TOPIC_NAME_INVALID, cause),
        }
    }

    /// The keep-alive that a client gets, in seconds.
    pub(crate) fn keep_alive(&self, version: Version, asked: u16) -> u16 {
        if version != Version::V5 && !self.quirks.keep_alive_bounds_v311 {
            // They can't be told of another keep-alive than they asked for.
            return asked;
        }
        let longest = match self.keep_alive_seconds_max {
            0 => asked,
            max if asked == 0 => max,
            max => asked.min(max),
        };
        match longest {
            0 => 0,
            some => some.max(self.keep_alive_seconds_min),
        }
    }

    /// Puts the properties of a message with a bounded Message Expiry Interval into `out`; `false`
    /// leaves them as they are.
    pub(crate) fn bound_expiry(&self, publish: &Publish<'_>, out: &mut PropertyBuf) -> bool {
        let max = self.message_expiry_seconds_max;
        let asked = publish.properties.message_expiry_interval();
        let Some(asked) = asked.filter(|asked| max < u32::MAX && !(1..=max).contains(asked)) else {
            return false;
        };
        out.clear();
        for property in publish.properties.iter() {
            let bounded = match property {
                Property::MessageExpiryInterval(_) => {
                    Property::MessageExpiryInterval(asked.clamp(1, max))
                }
                other => other,
            };
            out.push(bounded).expect("it was decoded from a packet");
        }
        true
    }
}

impl<H: Host> Shard<H> {
    /// Whether a message comes in time; one that comes too fast is dropped and turned down.
    #[inline]
    pub(crate) fn keeps_pace(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        publish: &Publish<'_>,
    ) -> bool {
        let limits = &self.settings.limits;
        let (own, all) = (
            limits.publishes_per_second_max,
            limits.principal.publishes_per_second_max,
        );
        own | all == 0 || self.keeps_pace_of(host, now, slot, publish, own, all)
    }

    #[cold]
    fn keeps_pace_of(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        publish: &Publish<'_>,
        own_max: u32,
        all_max: u32,
    ) -> bool {
        let Some(connection) = self.connections.live_mut(slot) else {
            return true;
        };
        let version = connection.version;
        let rare = connection.rare();
        let own = rare.paces.publishes.take(now.monotonic, own_max);
        let all = !own || {
            let share = rare.share.as_ref();
            share.is_none_or(|share| share.publishes(now.monotonic, all_max))
        };
        if own && all {
            rare.paces.dropping = false;
            return true;
        }
        self.counters.dropped_too_fast += 1;
        if !std::mem::replace(&mut rare.paces.dropping, true) {
            let (max, whose) = match own {
                false => (own_max, ""),
                true => (all_max, " from one principal"),
            };
            let cause =
                format!("more than {max} messages a second{whose}: what exceeds it is dropped");
            host.happened(
                &connection.auth,
                Happening {
                    kind: "publish",
                    outcome: "dropped",
                    cause: cause.into(),
                    topic: Some(publish.topic.to_owned()),
                    trace: None,
                    count: 1,
                },
            );
        }
        let code = reason::QUOTA_EXCEEDED;
        match (version, publish.qos) {
            (Version::V5, Qos::AtLeastOnce) => {
                let answer = Answer::PubAck(publish.packet_id, code);
                self.acknowledge(host, now, slot, answer, None);
            }
            (Version::V5, Qos::ExactlyOnce) => {
                self.write_refused(slot, Answer::PubRec(publish.packet_id), code);
            }
            // The client sends it again.
            _ => {}
        }
        false
    }

    /// Counts what a connection has sent.
    #[inline]
    pub(crate) fn charge_bytes(&mut self, now: Now, slot: Slot, bytes: usize) {
        let (own, all) = self.bytes_per_second_max();
        if own | all > 0
            && let Some(connection) = self.connections.live_mut(slot)
        {
            let (rare, bytes) = (connection.rare(), bytes as u64);
            rare.paces.bytes.charge(now.monotonic, bytes, own);
            if let Some(share) = &rare.share {
                share.sends(now.monotonic, bytes, all);
            }
        }
    }

    /// Until when a connection is not to be read, because it has sent too much.
    pub fn rests(&self, now: Now, slot: Slot) -> Option<Duration> {
        if self.bytes_per_second_max() == (0, 0) {
            return None;
        }
        let rare = self.connections.get(slot)?.rare.as_ref()?;
        let own = rare.paces.bytes.rest(now.monotonic);
        let all = rare.share.as_ref().and_then(|it| it.rest(now.monotonic));
        own.max(all)
    }

    /// Of a connection, and of all of its principal.
    #[inline]
    fn bytes_per_second_max(&self) -> (u32, u32) {
        let limits = &self.settings.limits;
        (
            limits.bytes_per_second_max,
            limits.principal.bytes_per_second_max,
        )
    }

    /// Gives a connection its share in what its principal may use.
    pub(crate) fn begin_share(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        client_id: &str,
    ) -> Result<(), String> {
        let limits = self.settings.limits.principal;
        if !limits.is_any() {
            return Ok(());
        }
        let Some(connection) = self.connections.get(slot) else {
            return Ok(());
        };
        let of = host.principal_use(&connection.auth, now);
        let old = self.names.get(connection.account, client_id);
        let old = old.and_then(|old| self.connections.get(old)?.rare.as_ref()?.share.as_ref());
        // Whom it takes over from is gone in a moment.
        let replaces = old.is_some_and(|share| share.is_of(&of));
        let share = Share::begin(of, &limits, now.monotonic, replaces)?;
        if let Some(connection) = self.connections.get_mut(slot) {
            connection.rare().share = Some(share);
        }
        Ok(())
    }
}
