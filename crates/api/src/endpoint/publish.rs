// SPDX-License-Identifier: Apache-2.0
//! `POST /api/v1/messages`: publishes a message, as the person or key that asks.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use hw_identity::named;
use hw_kernel::{Event, IngestError, Principal, Submission};
use hw_model::ErrorKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::auth::{Admin, Caller, Door, Who, address};
use crate::described::{Answer, Operation, wanted};
use crate::error::ApiError;
use crate::input::{self, given};

/// A message to publish. One of `payload`, `text` and `base64` is there.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMessage {
    /// A topic name.
    #[schemars(length(min = 1))]
    topic: String,
    /// Any JSON: published as its text, as it stands here.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "serde_json::Value")]
    payload: Option<Box<RawValue>>,
    /// Text.
    text: Option<String>,
    /// Bytes in base64.
    base64: Option<String>,
    /// 0, or 1: the answer waits until the message is on disk; 1 if it is left out.
    #[schemars(range(max = 1))]
    qos: Option<u8>,
    /// Whether the topic keeps it for who subscribes later; an empty payload then clears the topic.
    #[serde(default)]
    retain: bool,
}

/// A message on its way.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Published {
    /// The message's name in every table and in `explain`.
    trace_id: String,
}

/// How it is described.
pub(crate) const PUBLISH: Operation = Operation {
    id: "publish_message",
    tag: "broker",
    summary: "Publish a message",
    description: "Who sends it, in tables and events, is the person or key that asks. Topics that are reserved are refused as for clients.",
    body: Some(wanted::<NewMessage>),
    answers: &[Answer::json::<Published>(202, "On its way.")],
    ..Operation::PLAIN
};

pub(crate) async fn publish(
    State(door): State<Arc<Door>>,
    parts: Parts,
    Admin(caller): Admin,
    input::Json(new): input::Json<NewMessage>,
) -> Result<(StatusCode, Json<Published>), ApiError> {
    let payload = payload(&door, &new)?;
    let qos = new.qos.unwrap_or(1);
    if qos > 1 {
        return Err(ApiError::invalid("`qos` is 0 or 1"));
    }
    let principal = sender(&door, &caller).await?;
    let address = address(&parts).and_then(|text| text.parse().ok());
    let submission = Submission {
        principal: principal.clone(),
        // The admin socket has none.
        address: address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        server_name: None,
        topic: new.topic.clone(),
        payload,
        properties: Vec::new(),
        wait: qos == 1,
        retain: new.retain,
    };
    match door.deps.ingest.publish(submission).await {
        Ok(trace) => {
            let trace_id = trace.to_string();
            Ok((StatusCode::ACCEPTED, Json(Published { trace_id })))
        }
        Err(error) => {
            refused(&door, &principal, &new.topic, &error);
            Err(error.into())
        }
    }
}

fn payload(door: &Door, new: &NewMessage) -> Result<Bytes, ApiError> {
    let payload = match (&new.payload, &new.text, &new.base64) {
        (Some(json), None, None) => Bytes::copy_from_slice(json.get().as_bytes()),
        (None, Some(text), None) => Bytes::copy_from_slice(text.as_bytes()),
        (None, None, Some(text)) => {
            let bytes = STANDARD.decode(text);
            bytes
                .map_err(|error| ApiError::invalid(format!("`base64` is none: {error}")))?
                .into()
        }
        _ => {
            let message = "send one of `payload`, `text` and `base64`";
            return Err(ApiError::invalid(message));
        }
    };
    let max = door.deps.limits.payload_bytes_max;
    if payload.len() > max {
        let message = format!("a payload has at most {max} bytes (mqtt.payload_bytes_max)");
        let error = ApiError::new(ErrorKind::Limit, message);
        return Err(error.status(StatusCode::PAYLOAD_TOO_LARGE));
    }
    Ok(payload)
}

/// The caller as a sender: the same as on MQTT over WebSocket.
async fn sender(door: &Door, caller: &Caller) -> Result<Arc<Principal>, ApiError> {
    let named = match (&caller.session, &caller.who) {
        (Some(session), _) => named::of_session(session),
        (None, Who::Key { id, .. }) => named::of_api_key_id(id),
        (None, _) => {
            let region = &door.deps.region;
            return Ok(Arc::new(named::at_admin_socket(caller.account, region)));
        }
    };
    let found = door.deps.directory.named(caller.account, &named).await;
    found.map_err(|refusal| ApiError::new(ErrorKind::Denied, refusal.cause))
}

/// As of every publish that is refused.
fn refused(door: &Door, principal: &Principal, topic: &str, error: &IngestError) {
    if matches!(error, IngestError::Busy(_)) {
        return;
    }
    let mut event = Event::new(principal.account, "publish", "refused", error.to_string());
    event.principal = Some(principal.id.to_string());
    event.topic = Some(topic.to_owned());
    door.deps.events.emit(event);
}
