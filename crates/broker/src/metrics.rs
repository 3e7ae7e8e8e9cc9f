// SPDX-License-Identifier: Apache-2.0
//! The broker's figures for Prometheus, summed over its shards.

use hw_kernel::metric::{MetricSource, Page};

use crate::{Broker, BrokerStatus, Counters};

/// (Family, what it counts, where it is counted).
type Counter = (&'static str, &'static str, fn(&Counters) -> u64);

const COUNTERS: &[Counter] = &[
    (
        "headwater_mqtt_messages_received",
        "PUBLISH packets taken in.",
        |c| c.messages_received,
    ),
    (
        "headwater_mqtt_received_bytes",
        "Bytes of all MQTT packets read.",
        |c| c.bytes_received,
    ),
    (
        "headwater_mqtt_messages_delivered",
        "PUBLISH packets written for receivers.",
        |c| c.messages_delivered,
    ),
    (
        "headwater_mqtt_messages_forwarded",
        "Deliveries handed to other shards.",
        |c| c.messages_forwarded,
    ),
    (
        "headwater_mqtt_messages_kept",
        "Messages given to the log.",
        |c| c.messages_kept,
    ),
    (
        "headwater_mqtt_messages_acknowledged",
        "QoS 1 messages acknowledged to their publishers.",
        |c| c.messages_acknowledged,
    ),
    (
        "headwater_mqtt_taken_over",
        "Connections ended because a newer one took their client id.",
        |c| c.taken_over,
    ),
    (
        "headwater_mqtt_keep_alive_expired",
        "Connections ended by keep-alive.",
        |c| c.keep_alive_expired,
    ),
    (
        "headwater_mqtt_protocol_errors",
        "Connections ended for a broken rule of MQTT.",
        |c| c.protocol_errors,
    ),
    (
        "headwater_mqtt_kicked",
        "Connections that somebody who runs the server has cut.",
        |c| c.kicked,
    ),
    (
        "headwater_mqtt_sessions_expired",
        "Sessions that ended because their client did not come back in time.",
        |c| c.sessions_expired,
    ),
    (
        "headwater_mqtt_messages_given_on",
        "Messages of shared subscriptions that went to another member, as theirs had left.",
        |c| c.given_on,
    ),
    (
        "headwater_mqtt_slow_receivers",
        "Connections ended because they read too slowly.",
        |c| c.slow_receivers,
    ),
];

type Part = (&'static str, fn(&Counters) -> u64);

const DROPPED: &[Part] = &[
    ("buffer_full", |c| c.dropped_buffer_full),
    ("too_large", |c| c.dropped_too_large),
    ("expired", |c| c.dropped_expired),
    ("receiver_gone", |c| c.dropped_receiver_gone),
    ("not_kept", |c| c.dropped_not_kept),
    ("too_fast", |c| c.dropped_too_fast),
    ("queue_full", |c| c.dropped_queue_full),
    ("lost", |c| c.dropped_lost),
    ("replaced", |c| c.dropped_replaced),
];

/// Why a CONNECT was refused; what is left is a packet that breaks a rule of MQTT.
const CONNECTS_REFUSED: &[Part] = &[
    ("denied", |c| c.refused_connects_denied),
    ("client_id", |c| c.refused_connects_client_id),
    ("unavailable", |c| c.refused_connects_unavailable),
    ("packet", |c| {
        let named = c.refused_connects_denied
            + c.refused_connects_client_id
            + c.refused_connects_unavailable;
        c.refused_connects.saturating_sub(named)
    }),
];

const REFUSED: &[Part] = &[
    ("connect", |c| c.refused_connects),
    ("publish", |c| c.refused_publishes),
    ("subscribe", |c| c.refused_subscriptions),
    ("receive", |c| c.refused_receive),
    ("keep", |c| c.refused_keeps),
];

impl MetricSource for Broker {
    fn write(&self, page: &mut Page) {
        let status = self.status();
        for (name, help, pick) in COUNTERS {
            page.counter(name, help).value(status.sum(*pick));
        }
        by_label(
            page,
            &status,
            "headwater_mqtt_messages_dropped",
            "Deliveries and messages dropped, by cause.",
            "cause",
            DROPPED,
        );
        by_label(
            page,
            &status,
            "headwater_mqtt_refused",
            "What was refused, by what was tried.",
            "action",
            REFUSED,
        );
        by_label(
            page,
            &status,
            "headwater_mqtt_connects_refused",
            "CONNECT packets refused, by reason; those who fail before it are events of kind connect.",
            "reason",
            CONNECTS_REFUSED,
        );
        now(page, &status);
        sessions(page, &status);
        loops(page, &status);
    }
}

fn by_label(
    page: &mut Page,
    status: &BrokerStatus,
    name: &str,
    help: &str,
    label: &str,
    parts: &[Part],
) {
    parts
        .iter()
        .fold(page.counter(name, help), |family, (part, pick)| {
            family.with(&[(label, part)], status.sum(*pick))
        });
}

/// What there is at this moment.
fn now(page: &mut Page, status: &BrokerStatus) {
    page.gauge("headwater_mqtt_connections", "Open MQTT connections.")
        .value(status.connections());
    page.gauge(
        "headwater_mqtt_subscriptions",
        "Subscriptions, live taps among them.",
    )
    .value(status.subscriptions);
    page.gauge(
        "headwater_mqtt_acknowledgements_waiting",
        "QoS 1 messages whose PUBACK waits for the log.",
    )
    .value(status.sum(|c| c.acknowledgements_waiting));
    page.gauge(
        "headwater_mqtt_waiting_bytes",
        "Memory that holds what slow receivers have not read yet.",
    )
    .value(status.sum(|c| c.waiting_bytes));
    page.gauge(
        "headwater_mqtt_unreleased_bytes",
        "Memory that holds messages of QoS 2 that wait for their publishers' PUBREL.",
    )
    .value(status.sum(|c| c.unreleased_bytes));
    page.gauge(
        "headwater_live_taps",
        "Live streams that people and programs watch.",
    )
    .value(status.taps);
    let ring: usize = status.shards.iter().map(|shard| shard.ring_bytes).sum();
    page.gauge(
        "headwater_shard_ring_bytes",
        "Bytes that wait between shards.",
    )
    .value(ring);
    let waiting: usize = status
        .shards
        .iter()
        .map(|shard| shard.log_waiting_bytes)
        .sum();
    page.gauge(
        "headwater_shard_log_waiting_bytes",
        "Bytes given to the log that are not durable yet.",
    )
    .value(waiting);
}

/// What outlives connections.
fn sessions(page: &mut Page, status: &BrokerStatus) {
    page.gauge(
        "headwater_mqtt_sessions",
        "Sessions that are written down, with and without a connection.",
    )
    .value(status.sum(|c| c.sessions));
    page.gauge(
        "headwater_mqtt_owed_messages",
        "Messages of QoS 1 and 2 that sessions are owed.",
    )
    .value(status.owed);
    page.gauge(
        "headwater_mqtt_half_way_messages",
        "Messages of QoS 2 that sessions have half way, in either direction.",
    )
    .value(status.half_way);
    page.gauge("headwater_mqtt_retained_messages", "Retained messages.")
        .value(status.retained_messages);
    page.gauge(
        "headwater_mqtt_retained_bytes",
        "Memory that retained messages take.",
    )
    .value(status.retained_bytes);
    page.gauge(
        "headwater_mqtt_checkpoint_age_seconds",
        "Since sessions and retained messages were last written down whole, or the start.",
    )
    .value(status.checkpoint_age.as_secs());
}

/// How busy each shard is.
fn loops(page: &mut Page, status: &BrokerStatus) {
    let shards = &status.shards;
    let each = |page: &mut Page, name: &str, help: &str, pick: fn(&crate::LoopCounters) -> u64| {
        shards
            .iter()
            .fold(page.counter(name, help), |family, shard| {
                family.with(&[("shard", &shard.number)], pick(&shard.loops))
            });
    };
    each(
        page,
        "headwater_shard_turns",
        "Turns of a shard's loop.",
        |l| l.turns,
    );
    each(
        page,
        "headwater_shard_turns_paused",
        "Turns in which nothing was read because another shard or the log was behind.",
        |l| l.turns_paused,
    );
    each(
        page,
        "headwater_shard_decisions_emptied",
        "Times that cached policy decisions were thrown away for want of room.",
        |l| l.decisions_emptied,
    );
}
