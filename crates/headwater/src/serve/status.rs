// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/status`: what this server is and how it stands.

use std::sync::{Arc, OnceLock};

use hw_api::StatusSource;
use hw_broker::{Broker, BrokerStatus};
use hw_identity::renewal::Renewal;
use hw_kernel::worker::WorkerStatus;
use hw_kernel::{Crew, Log};
use serde_json::{Value, json};

use super::Endpoints;

/// Looks at the parts.
pub(super) struct Status {
    pub renewal: Arc<Renewal>,
    pub broker: Arc<Broker>,
    pub crew: Arc<Crew>,
    pub log: Arc<dyn Log>,
    pub region: String,
    pub public_host: String,
    /// Filled in once every door is open.
    pub endpoints: OnceLock<Endpoints>,
}

impl StatusSource for Status {
    fn status(&self) -> Value {
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "account": hw_model::AccountId::FIRST,
            "region": self.region,
            "public_host": self.public_host,
            "endpoints": self.endpoints.get().map(Endpoints::doors),
            "ca": self.endpoints.get().map(|endpoints| &endpoints.ca),
        })
    }

    fn server(&self) -> Value {
        json!({
            "endpoints": self.endpoints.get(),
            "workers": self.crew.statuses(),
            "log": self.log.status(),
            "broker": broker(&self.broker.status()),
            "certificate": { "not_after_us": self.renewal.not_after().0 },
        })
    }

    fn workers(&self) -> Vec<WorkerStatus> {
        self.crew.statuses()
    }

    fn ready(&self) -> Result<(), String> {
        let status = json!(self.log.status());
        match status.get("failed").and_then(Value::as_str) {
            Some(why) => Err(format!("the log: {why}")),
            None => Ok(()),
        }
    }
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
        "subscriptions": status.subscriptions,
        "messages_received": sum(|c| c.messages_received),
        "messages_delivered": sum(|c| c.messages_delivered),
        "refused_publishes": sum(|c| c.refused_publishes),
        "refused_keeps": sum(|c| c.refused_keeps),
        "dropped_not_kept": sum(|c| c.dropped_not_kept),
    })
}
