// SPDX-License-Identifier: Apache-2.0
//! Server-sent events (HTML standard, section 9.2): comments, messages, and the count of drops.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hw_kernel::LiveMessage;
use hw_model::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const RFC_3339_MICROS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// JSON that is nested more deeply goes as text only: readers refuse it, and with it the event.
const PAYLOAD_DEPTH_MAX: usize = 64;

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
    /// The payload's own text if that is JSON: numbers keep their digits.
    payload: Option<Box<RawValue>>,
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

/// A comment, which readers skip.
pub(super) fn comment(text: &str) -> String {
    format!(": {text}\n\n")
}

/// A message.
pub(super) fn message(message: &LiveMessage, out: &mut String) {
    let text = std::str::from_utf8(&message.payload).ok();
    let shown = Shown {
        time: rfc_3339(message.time),
        topic: &message.topic,
        thing: message.thing.as_deref(),
        client_id: &message.client_id,
        principal: &message.principal,
        qos: message.qos,
        retain: message.retain,
        trace_id: message.trace.to_string(),
        payload: text.and_then(json_on_one_line),
        text,
        base64: text.is_none().then(|| STANDARD.encode(&message.payload)),
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

/// The payload, if it is JSON. A line break would end the event's line; in JSON it can only be
/// white space, so that a space says the same.
fn json_on_one_line(text: &str) -> Option<Box<RawValue>> {
    let json: &RawValue = serde_json::from_str(text).ok()?;
    if depth(json.get()) > PAYLOAD_DEPTH_MAX {
        return None;
    }
    if !json.get().contains(['\n', '\r']) {
        return Some(json.to_owned());
    }
    RawValue::from_string(json.get().replace(['\n', '\r'], " ")).ok()
}

/// How deeply a text that is JSON is nested.
fn depth(json: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    let (mut in_text, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

/// As in `2019-02-21T16:14:10.000001Z`; `None` beyond the year 9999.
fn rfc_3339(time: Timestamp) -> Option<String> {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.0) * 1_000).ok()?;
    time.format(RFC_3339_MICROS).ok()
}
