// SPDX-License-Identifier: Apache-2.0
//! SUBSCRIBE: each filter is checked on its own and has its own code in the SUBACK.

use std::borrow::Cow;

use hw_mqtt::{Properties, SubAck, Subscribe, SubscribeOptions, Version, encode, reason};

use crate::connection::Subscription;
use crate::journal::{Note, StoredSubscription};
use crate::refusal::Refusal;
use crate::retained::Granted;
use crate::shared::Filter;
use crate::{Happening, Host, Moment, Now, Shard, Slot, Verdict, flags, shared};

/// Why a filter is not granted: a code of MQTT 5, and words.
type Refused = (u8, Cow<'static, str>);

impl<H: Host> Shard<H> {
    pub(crate) fn on_subscribe(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        packet: &Subscribe<'_>,
    ) {
        let Some(version) = self.connections.live_mut(slot).map(|found| found.version) else {
            return;
        };
        let shared_no_local = |(filter, options): (&str, SubscribeOptions)| {
            options.no_local && shared::split(filter).share.is_some()
        };
        if packet.filters().any(shared_no_local) {
            // MQTT-3.8.3-4.
            let cause = "No Local on a shared subscription";
            let refusal = Refusal::packet(reason::PROTOCOL_ERROR, cause);
            return self.breach(host, now, slot, refusal);
        }
        let malformed = |(filter, _)| {
            let error = shared::parse(filter).err()?;
            Some((error, error.ends_with()?))
        };
        if let Some((error, code)) = packet.filters().find_map(malformed) {
            return self.breach(host, now, slot, Refusal::packet(code, error.to_string()));
        }
        let id = packet.properties.subscription_identifier().unwrap_or(0);
        if id != 0 && self.settings.limits.quirks.no_subscription_identifiers {
            let code = reason::SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED;
            let refusal = Refusal::packet(code, "there are no subscription identifiers");
            return self.breach(host, now, slot, refusal);
        }
        let mut codes = std::mem::take(&mut self.scratch.codes);
        let mut news = std::mem::take(&mut self.scratch.granted);
        codes.clear();
        for (at, (filter, options)) in packet.filters().enumerate() {
            let granted = match self.check_filter(at, filter) {
                Ok(parsed) => self.subscribe(host, slot, filter, parsed, &options, id),
                Err(refused) => Err(refused),
            };
            codes.push(match granted {
                Ok((qos, granted)) => {
                    news.push(granted);
                    qos
                }
                Err((code, cause)) => {
                    self.refuse_filter(host, slot, filter, cause);
                    match version {
                        Version::V5 => code,
                        Version::V31 | Version::V311 => reason::UNSPECIFIED_ERROR,
                    }
                }
            });
        }
        let suback = SubAck {
            packet_id: packet.packet_id,
            properties: Properties::EMPTY,
            codes: &codes,
        };
        self.answer(host, now, slot, |out| {
            encode::suback(out, version, &suback).expect("it is shorter than the SUBSCRIBE");
        });
        // In a session that lasts, they are answered when they will last.
        if let Some(ticket) = news.iter().filter_map(|granted| granted.ticket).max() {
            self.hold_until(slot, ticket);
        }
        // A filter that stands twice in the packet gets what is retained once.
        let mut last: Vec<Granted> = Vec::with_capacity(news.len().min(8));
        for granted in news.drain(..) {
            match last.iter_mut().find(|it| it.place == granted.place) {
                Some(before) => {
                    let is_new = before.is_new;
                    *before = Granted { is_new, ..granted };
                }
                None => last.push(granted),
            }
        }
        for granted in last {
            self.send_retained(host, now, slot, granted);
        }
        let granted = packet.filters().zip(&codes);
        let granted = granted.filter(|(_, code)| **code < reason::UNSPECIFIED_ERROR);
        let topics: Vec<&str> = granted.map(|((filter, _), _)| filter).collect();
        self.tell_topics(host, now, slot, Moment::Subscribed(&topics));
        (self.scratch.codes, self.scratch.granted) = (codes, news);
    }

    fn check_filter<'a>(&self, at: usize, filter: &'a str) -> Result<Filter<'a>, Refused> {
        let filters_max = self.settings.limits.filters_per_subscribe_max;
        if at >= filters_max {
            let cause = format!("a SUBSCRIBE has at most {filters_max} filters");
            return Err((reason::QUOTA_EXCEEDED, cause.into()));
        }
        let invalid = |cause: String| (reason::TOPIC_FILTER_INVALID, cause.into());
        let parsed = shared::parse(filter).map_err(|error| invalid(error.to_string()))?;
        self.settings.limits.check_filter(&parsed)?;
        Ok(parsed)
    }

    /// Policy, and then the subscription is in the tree. Returns the granted QoS.
    fn subscribe(
        &mut self,
        host: &mut H,
        slot: Slot,
        filter: &str,
        parsed: Filter<'_>,
        options: &SubscribeOptions,
        id: u32,
    ) -> Result<(u8, Granted), Refused> {
        let shard = self.settings.shard;
        let subscriptions_max = self.settings.limits.subscriptions_max;
        let Some(connection) = self.connections.live_mut(slot) else {
            return Err((
                reason::UNSPECIFIED_ERROR,
                "the connection is closing".into(),
            ));
        };
        let place = connection
            .subscriptions
            .iter()
            .position(|old| *old.filter == *filter);
        if place.is_none() && connection.subscriptions.len() >= subscriptions_max {
            let cause = format!("a connection has at most {subscriptions_max} subscriptions");
            return Err((reason::QUOTA_EXCEEDED, cause.into()));
        }
        if let Verdict::Denied(why) = host.subscribe(&mut connection.auth, filter) {
            let code = match self.settings.limits.quirks.denied_subscribe_says_so {
                true => reason::NOT_AUTHORIZED,
                false => reason::UNSPECIFIED_ERROR,
            };
            return Err((code, why.into()));
        }
        let all_max = self.settings.limits.principal.subscriptions_max;
        let share = connection.share();
        if place.is_none() && share.is_some_and(|share| !share.subscribes(all_max)) {
            let cause = format!("a principal has at most {all_max} subscriptions");
            return Err((reason::QUOTA_EXCEEDED, cause.into()));
        }
        let ahead = host.receive_ahead(&mut connection.auth, parsed.topics);
        let group = match parsed.share {
            Some(share) => host.group(connection.account, share, parsed.topics),
            None => 0,
        };
        let options = &SubscribeOptions {
            no_local: options.no_local || connection.bridge && parsed.share.is_none(),
            retain_as_published: options.retain_as_published || connection.bridge,
            ..*options
        };
        let flags = flags::with_ahead(flags::options(options), ahead, connection.permits);
        let qos = (options.qos as u8).min(self.settings.limits.qos_max);
        let subscription = Subscription {
            filter: filter.into(),
            id,
            qos,
            flags,
            group,
        };
        host.insert(
            connection.account,
            parsed.topics,
            subscription.subscriber(shard, connection.key()),
        );
        let ticket = connection.lasting_session().map(|session| {
            let stored = StoredSubscription {
                filter: filter.into(),
                qos,
                options: flags::options(options),
                id,
            };
            host.note(connection.account, session, &Note::Subscribed(&stored))
        });
        let granted = Granted {
            place: place.unwrap_or(connection.subscriptions.len()),
            is_new: place.is_none(),
            handling: options.retain_handling,
            ticket,
        };
        match place {
            Some(at) => connection.subscriptions[at] = subscription,
            None => {
                if connection.subscriptions.is_empty() {
                    // Most devices have one.
                    connection.subscriptions.reserve_exact(1);
                }
                connection.subscriptions.push(subscription);
                self.counters.subscriptions += 1;
            }
        }
        Ok((qos, granted))
    }

    fn refuse_filter(&mut self, host: &mut H, slot: Slot, filter: &str, cause: Cow<'static, str>) {
        self.counters.refused_subscriptions += 1;
        if let Some(connection) = self.connections.get(slot) {
            host.happened(
                &connection.auth,
                Happening {
                    kind: "subscribe",
                    outcome: "refused",
                    cause,
                    topic: Some(filter.to_owned()),
                    trace: None,
                    count: 1,
                },
            );
        }
    }
}
