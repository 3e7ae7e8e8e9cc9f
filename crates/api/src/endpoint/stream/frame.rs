// SPDX-License-Identifier: Apache-2.0
//! Server-sent events (HTML standard, section 9.2): comments, messages, and the count of drops.

use hw_kernel::LiveMessage;
use serde::Serialize;

use crate::moment::rfc_3339;
use crate::payload;

/// A message, as it is sent.
#[derive(Serialize)]
struct Shown<'a> {
    time: Option<String>,
    topic: &'a str,
    thing: Option<&'a str>,
    client_id: &'a str,
    principal: &'a str,
    qos: u8,
    retain: bool,
    trace_id: String,
    #[serde(flatten)]
    payload: payload::Shown<'a>,
}

/// A comment, which readers skip.
pub(super) fn comment(text: &str) -> String {
    format!(": {text}\n\n")
}

/// A message.
pub(super) fn message(message: &LiveMessage, out: &mut String) {
    let shown = Shown {
        time: rfc_3339(message.time),
        topic: &message.topic,
        thing: message.thing.as_deref(),
        client_id: &message.client_id,
        principal: &message.principal,
        qos: message.qos,
        retain: message.retain,
        trace_id: message.trace.to_string(),
        payload: message.payload.as_slice().into(),
    };
    match serde_json::to_string(&shown) {
        Ok(json) => data(None, &json, out),
        Err(error) => tracing::error!(%error, "a live message could not be written as JSON"),
    }
}

/// How many messages the reader was too slow for since the last such event.
pub(super) fn dropped(count: u64, out: &mut String) {
    data(Some("dropped"), &format!(r#"{{"count":{count}}}"#), out);
}

fn data(event: Option<&str>, line: &str, out: &mut String) {
    if let Some(event) = event {
        out.extend(["event: ", event, "\n"]);
    }
    out.extend(["data: ", line, "\n\n"]);
}
