// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/status`: what this server is and how it stands.

use std::sync::{Arc, OnceLock};

use hw_api::StatusSource;
use hw_broker::{Broker, BrokerStatus};
use hw_identity::expiry::{DevicesEnding, ExpiryWorker};
use hw_identity::public::Public;
use hw_identity::renewal::Renewal;
use hw_kernel::worker::WorkerStatus;
use hw_kernel::{Crew, Log};
use hw_model::AccountId;
use serde_json::{Value, json};

use super::Endpoints;

/// Looks at the parts.
pub(super) struct Status {
    pub renewal: Arc<Renewal>,
    pub public: Option<Arc<Public>>,
    pub expiry: Arc<ExpiryWorker>,
    pub broker: Arc<Broker>,
    pub crew: Arc<Crew>,
    pub log: Arc<dyn Log>,
    pub region: String,
    pub public_host: String,
    /// Whether the API may pull the plug.
    pub demo: bool,
    /// Filled in once every door is open.
    pub endpoints: OnceLock<Endpoints>,
}

impl StatusSource for Status {
    fn status(&self) -> Value {
        let mut status = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "account": hw_model::AccountId::FIRST,
            "region": self.region,
            "public_host": self.public_host,
            "endpoints": self.endpoints.get().map(Endpoints::doors),
            "ca": self.endpoints.get().map(|endpoints| &endpoints.ca),
        });
        if self.demo {
            status["demo"] = true.into();
        }
        status
    }

    fn server(&self) -> Value {
        json!({
            "endpoints": self.endpoints.get(),
            "workers": self.crew.statuses(),
            "log": self.log.status(),
            "broker": broker(&self.broker.status()),
            "certificate": self.certificate(),
        })
    }

    fn devices_ending(&self, account: AccountId) -> DevicesEnding {
        self.expiry.devices_of(account)
    }

    fn workers(&self) -> Vec<WorkerStatus> {
        self.crew.statuses()
    }

    fn ready(&self) -> Result<(), String> {
        ready(&*self.log)
    }
}

impl Status {
    /// When certificates end: the server's own, the public one, and how many of devices.
    fn certificate(&self) -> Value {
        let devices = self.expiry.devices();
        let mut certificate = json!({
            "not_after_us": self.renewal.not_after().0,
            "devices_ended": devices.ended,
            "devices_within_7_days": devices.within_7,
            "devices_within_30_days": devices.within_30,
            "devices_within_90_days": devices.within_90,
        });
        if let Some(public) = &self.public {
            certificate["public_source"] = public.source().into();
            certificate["public_not_after_us"] = json!(public.shown().map(|it| it.not_after.0));
        }
        certificate
    }
}

/// Whether messages are taken in, as far as that is the log's.
pub(super) fn ready(log: &dyn Log) -> Result<(), String> {
    let status = json!(log.status());
    match status.get("failed").and_then(Value::as_str) {
        Some(why) => Err(format!("the log: {why}")),
        None => Ok(()),
    }
}

/// Messages and deliveries that are gone, whatever the cause.
fn dropped(c: &hw_broker::Counters) -> u64 {
    let receivers = c.dropped_buffer_full + c.dropped_too_large + c.dropped_receiver_gone;
    let owed = c.dropped_expired + c.dropped_queue_full + c.dropped_lost + c.dropped_too_fast;
    receivers + owed + c.dropped_not_kept + c.dropped_replaced
}

/// What was refused, whatever was tried.
fn refused(c: &hw_broker::Counters) -> u64 {
    let asked = c.refused_connects + c.refused_publishes + c.refused_subscriptions;
    asked + c.refused_receive + c.refused_keeps
}

/// The broker, summed over its shards.
fn broker(status: &BrokerStatus) -> Value {
    let sum = |pick: fn(&hw_broker::Counters) -> u64| -> u64 {
        status
            .shards
            .iter()
            .map(|shard| pick(&shard.counters))
            .sum()
    };
    json!({
        "shards": status.shards.len(),
        "connections": sum(|c| c.connections),
        "sessions": sum(|c| c.sessions),
        "owed_messages": status.owed,
        "retained_messages": status.retained_messages,
        "retained_bytes": status.retained_bytes,
        "acknowledgements_waiting": sum(|c| c.acknowledgements_waiting),
        "log_waiting_bytes": status.shards.iter().map(|it| it.log_waiting_bytes).sum::<usize>(),
        "received_bytes": sum(|c| c.bytes_received),
        "messages_kept": sum(|c| c.messages_kept),
        "messages_acknowledged": sum(|c| c.messages_acknowledged),
        "messages_dropped": sum(dropped),
        "refused": sum(refused),
        "subscriptions": status.subscriptions,
        "messages_received": sum(|c| c.messages_received),
        "messages_delivered": sum(|c| c.messages_delivered),
        "refused_publishes": sum(|c| c.refused_publishes),
        "refused_keeps": sum(|c| c.refused_keeps),
        "dropped_not_kept": sum(|c| c.dropped_not_kept),
    })
}
