// SPDX-License-Identifier: Apache-2.0
//! Retained messages for those who run the server: which there are, and how one is cleared.

use async_trait::async_trait;
use hw_model::topic::BadTopic;
use hw_model::{AccountId, Timestamp, TraceId};

use crate::IngestError;

/// A retained message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetainedMessage {
    /// Topic.
    pub topic: String,
    /// Payload.
    pub payload: Vec<u8>,
    /// MQTT 5 properties as received, without topic alias.
    pub properties: Vec<u8>,
    /// QoS it was published at.
    pub qos: u8,
    /// When it was taken in.
    pub since: Timestamp,
    /// Its trace id.
    pub trace: TraceId,
}

/// Some of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RetainedPage {
    /// By topic.
    pub messages: Vec<RetainedMessage>,
    /// Whether there are more behind the last one.
    pub more: bool,
    /// How many fit, on all pages.
    pub total: u64,
}

/// Knows the retained messages. Implemented by the broker.
#[async_trait]
pub trait RetainedStore: Send + Sync {
    /// Those whose topics a filter matches, behind the topic `after`, at most `max`. A filter
    /// without wildcards is a topic.
    ///
    /// # Errors
    /// It is no filter.
    fn retained(
        &self,
        account: AccountId,
        filter: &str,
        after: Option<&str>,
        max: usize,
    ) -> Result<RetainedPage, BadTopic>;

    /// Clears the message of a topic as clients do: an empty one is published in its place, and
    /// whoever listens gets that. Durable when it returns. `by` is who asks, as in `user/ada`.
    ///
    /// # Errors
    /// As of any message.
    async fn clear(&self, account: AccountId, topic: &str, by: &str) -> Result<(), IngestError>;
}
