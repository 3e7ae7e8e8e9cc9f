// SPDX-License-Identifier: Apache-2.0
//! The way in for messages that come by no MQTT connection: HTTPS publish, rules, the server
//! itself. They meet the same policy, Log and receivers as all others.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use hw_model::TraceId;

use crate::Principal;

/// A message and who sends it.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Who sends it; its policies are asked for `iot:Publish`, without an MQTT client.
    pub principal: Arc<Principal>,
    /// Where it comes from.
    pub address: IpAddr,
    /// The server name that its connection asked for.
    pub server_name: Option<Arc<str>>,
    /// Topic name.
    pub topic: String,
    /// Payload.
    pub payload: Bytes,
    /// MQTT 5 properties, encoded, without their length.
    pub properties: Vec<u8>,
    /// Whether the answer waits until it is durable (QoS 1).
    pub wait: bool,
    /// Whether it is to be retained.
    pub retain: bool,
}

/// A message was not taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IngestError {
    /// It breaks a rule of topics or payloads.
    #[error("{0}")]
    Invalid(String),
    /// A policy, or a rule of reserved topics, is against it.
    #[error("{0}")]
    Denied(String),
    /// Its principal sends more than it may in a second: it may be tried again later.
    #[error("{0}")]
    TooFast(String),
    /// Too many wait, or the server ends: it may be tried again.
    #[error("{0}")]
    Busy(String),
    /// It could not be stored.
    #[error("{0}")]
    NotStored(String),
}

/// Takes messages in. Implemented by the broker.
#[async_trait]
pub trait Ingest: Send + Sync {
    /// Resolves when the message is on its way, and with [`Submission::wait`] when it is as
    /// durable as a QoS 1 message is at its PUBACK. Gives its trace id.
    async fn publish(&self, submission: Submission) -> Result<TraceId, IngestError>;
}
