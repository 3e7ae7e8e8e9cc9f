// SPDX-License-Identifier: Apache-2.0
//! What a run has measured.

use std::time::Duration;

use serde::Serialize;

use super::histogram::Histogram;
use super::plan::Plan;
use super::publisher::Published;
use super::subscriber::{Received, Seen};

/// Errors that are shown; the others are counted.
const ERRORS_MAX: usize = 5;

/// A run's figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// What was asked for.
    pub publishers: u32,
    /// What was asked for.
    pub subscribers: u32,
    /// What was asked for.
    pub qos: u8,
    /// What was asked for.
    pub payload_bytes: usize,
    /// Connections, handshakes included, each second.
    pub connects_per_second: f64,
    /// How long was published, with the last acknowledgements.
    pub seconds: f64,
    /// Messages sent.
    pub sent: u64,
    /// Each second.
    pub sent_per_second: f64,
    /// Messages acknowledged; those of QoS 0 count when they are sent.
    pub confirmed: u64,
    /// From when a message was due to its acknowledgement; `None` with QoS 0.
    pub acknowledged: Option<Latency>,
    /// Messages received by all subscribers.
    pub received: u64,
    /// Each second.
    pub received_per_second: f64,
    /// From when a message was due to its arrival; `None` if none came.
    pub delivered: Option<Latency>,
    /// Messages that were acknowledged (QoS 0: sent) and did not come, over all subscribers.
    pub lost: u64,
    /// Messages that came again.
    pub doubled: u64,
    /// Messages that came behind a later one of their publisher; not counted where subscribers
    /// share.
    pub out_of_order: u64,
    /// Clients that ended early.
    pub broken: u64,
    /// Why, of the first ones.
    pub errors: Vec<String>,
}

/// Spans in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Latency {
    /// Half of them were at most so long.
    pub p50_ms: f64,
    /// And so on.
    pub p90_ms: f64,
    /// And so on.
    pub p99_ms: f64,
    /// And so on.
    pub p999_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

impl Latency {
    fn of(histogram: &Histogram) -> Option<Self> {
        (histogram.total() > 0).then(|| Self {
            p50_ms: histogram.quantile_ms(0.5),
            p90_ms: histogram.quantile_ms(0.9),
            p99_ms: histogram.quantile_ms(0.99),
            p999_ms: histogram.quantile_ms(0.999),
            max_ms: histogram.max_ms(),
        })
    }
}

impl Report {
    pub(super) fn of(
        plan: &Plan,
        connected: Duration,
        published_for: Duration,
        published: &[Published],
        received: &[Received],
    ) -> Self {
        let (mut acknowledged, mut delivered) = (Histogram::default(), Histogram::default());
        published
            .iter()
            .for_each(|it| acknowledged.merge(&it.latency));
        received.iter().for_each(|it| delivered.merge(&it.latency));
        let seconds = published_for.as_secs_f64().max(0.001);
        let sent: u64 = published.iter().map(|it| it.sent).sum();
        let confirmed: u64 = published.iter().map(|it| it.confirmed).sum();
        let came: u64 = received.iter().map(|it| it.messages).sum();
        let of_publishers = published.iter().filter_map(|it| it.error.as_ref());
        let of_subscribers = received.iter().filter_map(|it| it.error.as_ref());
        let errors: Vec<String> = of_publishers
            .chain(of_subscribers)
            .map(ToString::to_string)
            .collect();
        let clients = f64::from(plan.publishers + plan.subscribers);
        let (lost, doubled) = match plan.shared {
            true => shared(plan, confirmed, came, received),
            false => apart(confirmed, received),
        };
        let out_of_order = received.iter().map(|it| it.out_of_order).sum();
        Self {
            publishers: plan.publishers,
            subscribers: plan.subscribers,
            qos: plan.qos as u8,
            payload_bytes: plan.payload_bytes,
            connects_per_second: rounded(clients / connected.as_secs_f64().max(0.001)),
            seconds: rounded(seconds),
            sent,
            sent_per_second: rounded(sent as f64 / seconds),
            confirmed,
            acknowledged: Latency::of(&acknowledged),
            received: came,
            received_per_second: rounded(came as f64 / seconds),
            delivered: Latency::of(&delivered),
            lost,
            doubled,
            out_of_order: if plan.shared { 0 } else { out_of_order },
            broken: errors.len() as u64,
            errors: errors.into_iter().take(ERRORS_MAX).collect(),
        }
    }
}

/// Lost and doubled where each subscriber gets everything.
fn apart(confirmed: u64, received: &[Received]) -> (u64, u64) {
    let lost = |it: &Received| {
        let came: u64 = it.seen.iter().map(Seen::count).sum();
        confirmed.saturating_sub(came)
    };
    let doubled = received.iter().map(|it| it.doubled).sum();
    (received.iter().map(lost).sum(), doubled)
}

/// The same where a message goes to one of them.
fn shared(plan: &Plan, confirmed: u64, came: u64, received: &[Received]) -> (u64, u64) {
    let mut different = 0;
    for publisher in 0..plan.publishers as usize {
        let mut all = Seen::default();
        let seen = received.iter().filter_map(|it| it.seen.get(publisher));
        seen.for_each(|it| all.merge(it));
        different += all.count();
    }
    let nobody = plan.subscribers == 0;
    let lost = if nobody {
        0
    } else {
        confirmed.saturating_sub(different)
    };
    (lost, came - different)
}

fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
