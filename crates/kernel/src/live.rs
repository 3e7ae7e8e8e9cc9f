// SPDX-License-Identifier: Apache-2.0
//! The live tap: messages as they pass, for faces (SSE, `tail`) and modules in this process.

use hw_model::{AccountId, Timestamp};
use tokio::sync::mpsc;

/// A message that passed.
#[derive(Debug, Clone)]
pub struct LiveMessage {
    /// When it was taken in.
    pub time: Timestamp,
    /// Its trace id.
    pub trace: hw_model::TraceId,
    /// Concrete topic.
    pub topic: String,
    /// The publisher's thing.
    pub thing: Option<String>,
    /// The publisher's client id.
    pub client_id: String,
    /// The publisher's certificate id or other principal.
    pub principal: String,
    /// QoS it was published at.
    pub qos: u8,
    /// RETAIN flag as published.
    pub retain: bool,
    /// Payload.
    pub payload: Vec<u8>,
}

/// An open tap; dropping it ends it. A tap that is not read loses messages, and counts them.
#[derive(Debug)]
pub struct Tap {
    /// The messages.
    pub messages: mpsc::Receiver<LiveMessage>,
    /// How many were dropped because the reader was slow.
    pub dropped: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

/// Opens taps. Implemented by the broker.
pub trait Live: Send + Sync {
    /// Taps what an account's clients publish on topics that match `filter`; at most
    /// `waiting_max` messages wait for the reader.
    fn tap(
        &self,
        account: AccountId,
        filter: &str,
        waiting_max: usize,
    ) -> Result<Tap, hw_model::topic::BadTopic>;
}
