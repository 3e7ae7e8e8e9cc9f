// SPDX-License-Identifier: Apache-2.0
//! Events: what happened, with cause. Every refusal can be asked "what happened to you?"

pub mod fold;
pub mod journal;

use hw_model::{AccountId, TraceId};

/// Something that happened to a connection, message, file or setting. A row of table `events`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Event {
    /// Whose it is.
    pub account: AccountId,
    /// What was tried: `connect`, `publish`, `subscribe`, `deliver`, `disconnect`, `payload`, …
    pub kind: String,
    /// How it ended: `refused`, `dropped`, `closed`, `ok`, …
    pub outcome: String,
    /// Why, in words for people: `certificate INACTIVE`, `policy meter: no Allow for …`.
    pub cause: String,
    /// The thing, if one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thing: Option<String>,
    /// MQTT client id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Certificate id or other principal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// Topic or filter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Remote address, without port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The message it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// How many of its kind this row stands for.
    pub count: u64,
    /// Whether the principal is only what an unknown peer says of itself: it may say something else
    /// each time. Decides how repeats are counted, and is not stored.
    #[serde(skip)]
    pub claimed: bool,
}

impl Event {
    /// An event with nothing but its what, how and why.
    pub fn new(account: AccountId, kind: &str, outcome: &str, cause: impl Into<String>) -> Self {
        Self {
            account,
            kind: kind.to_owned(),
            outcome: outcome.to_owned(),
            cause: cause.into(),
            thing: None,
            client_id: None,
            principal: None,
            topic: None,
            address: None,
            trace_id: None,
            count: 1,
            claimed: false,
        }
    }

    /// Names the message it is about.
    pub fn about(mut self, trace: TraceId) -> Self {
        self.trace_id = Some(trace.to_string());
        self
    }
}

/// Where events go. Never blocks, and nobody can flood it: see [`fold::Fold`].
pub trait EventSink: Send + Sync {
    /// Takes an event.
    fn emit(&self, event: Event);
}
