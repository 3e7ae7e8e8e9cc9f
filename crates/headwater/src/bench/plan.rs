// SPDX-License-Identifier: Apache-2.0
//! What is asked for.

use std::time::Duration;

use hw_mqtt::Qos;

use super::Door;

/// A load.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where the broker is.
    pub door: Door,
    /// Clients that publish.
    pub publishers: u32,
    /// Clients that subscribe to all that is published.
    pub subscribers: u32,
    /// Messages a second of each publisher; 0 is as fast as it goes.
    pub rate: f64,
    /// Of messages and subscriptions.
    pub qos: Qos,
    /// Bytes of a payload.
    pub payload_bytes: usize,
    /// How long is published.
    pub span: Duration,
    /// What topics begin with; then come the run's name and the publisher's number.
    pub topic: String,
    /// Whether subscribers share the messages between them.
    pub shared: bool,
    /// Messages of QoS 1 and 2 that a publisher has out at once.
    pub in_flight_max: usize,
    /// Names this run, in topics and client ids.
    pub name: String,
}

impl Plan {
    /// The topic of a publisher.
    pub fn topic_of(&self, publisher: u32) -> String {
        format!("{}/{}/{publisher}", self.topic, self.name)
    }

    /// What subscribers subscribe to.
    pub fn filter(&self) -> String {
        let topics = format!("{}/{}/+", self.topic, self.name);
        match self.shared {
            true => format!("$share/{}/{topics}", self.name),
            false => topics,
        }
    }

    /// The client id of a publisher (`pub`) or subscriber (`sub`).
    pub fn client_id(&self, kind: &str, number: u32) -> String {
        format!("{}-{kind}-{number}", self.name)
    }
}
