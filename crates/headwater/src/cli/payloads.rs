// SPDX-License-Identifier: Apache-2.0
//! Payloads on the terminal, each on one line whatever it holds.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::ValueEnum;
use serde_json::Value;

use super::paint::Paint;
use super::table::harmless;

/// How payloads are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Payloads {
    /// Text as it is, other bytes in hexadecimal
    Auto,
    /// Text; what is none has U+FFFD in it
    Text,
    /// JSON on one line; what is none as a JSON string
    Json,
    /// Bytes in hexadecimal
    Hex,
}

impl Payloads {
    /// The payload of a message as the API writes it.
    pub fn shown(self, message: &Value, paint: Paint) -> String {
        let text = message["text"].as_str();
        match self {
            Self::Auto => match text {
                Some(text) => harmless(text),
                None => paint.dim(&format!("0x{}", hex::encode(bytes(message)))),
            },
            Self::Text => harmless(&String::from_utf8_lossy(&bytes(message))),
            // Its own text, so that numbers keep their digits: line breaks in it are blanks.
            Self::Json if !message["payload"].is_null() || text == Some("null") => {
                harmless(&text.unwrap_or_default().replace(['\n', '\r', '\t'], " "))
            }
            Self::Json => Value::from(String::from_utf8_lossy(&bytes(message))).to_string(),
            Self::Hex => hex::encode(bytes(message)),
        }
    }
}

fn bytes(message: &Value) -> Vec<u8> {
    match (&message["text"], &message["base64"]) {
        (Value::String(text), _) => text.as_bytes().to_vec(),
        (_, Value::String(base64)) => STANDARD.decode(base64).unwrap_or_default(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_way_is_on_one_line() {
        let number = json!({"payload": {"n": 1}, "text": "{\"n\":\n 1}"});
        let words = json!({"payload": null, "text": "on \"top\""});
        let other = json!({"payload": null, "text": null, "base64": "/wA="});
        let nothing = json!({"payload": null, "text": "null"});
        let plain = Paint::plain();
        for (way, message, shown) in [
            (Payloads::Auto, &number, "{\"n\":\\n 1}"),
            (Payloads::Json, &number, "{\"n\":  1}"),
            (Payloads::Hex, &number, "7b226e223a0a20317d"),
            (Payloads::Json, &words, "\"on \\\"top\\\"\""),
            (Payloads::Json, &nothing, "null"),
            (Payloads::Auto, &other, "0xff00"),
            (Payloads::Hex, &other, "ff00"),
            (Payloads::Text, &other, "\u{fffd}\\u{0}"),
        ] {
            assert_eq!(way.shown(message, plain), shown, "{way:?}");
        }
    }
}
