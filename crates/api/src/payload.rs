// SPDX-License-Identifier: Apache-2.0
//! Payloads in JSON: as JSON where they are, as text where they are UTF-8, else in base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;

/// JSON that is nested more deeply goes as text only: readers refuse it, and what it stands in.
const DEPTH_MAX: usize = 64;

/// A payload, as it is sent.
#[derive(Serialize)]
pub(crate) struct Shown<'a> {
    /// The payload's own text if that is JSON: numbers keep their digits.
    payload: Option<Box<RawValue>>,
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

impl<'a> From<&'a [u8]> for Shown<'a> {
    fn from(payload: &'a [u8]) -> Self {
        let text = std::str::from_utf8(payload).ok();
        Self {
            payload: text.and_then(json_on_one_line),
            text,
            base64: text.is_none().then(|| STANDARD.encode(payload)),
        }
    }
}

/// The payload, if it is JSON. A line break would end an event's line; in JSON it can only be
/// white space, so that a space says the same.
fn json_on_one_line(text: &str) -> Option<Box<RawValue>> {
    let json: &RawValue = serde_json::from_str(text).ok()?;
    if depth(json.get()) > DEPTH_MAX {
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
