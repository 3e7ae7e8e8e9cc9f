// SPDX-License-Identifier: Apache-2.0
//! The opening handshake of a WebSocket (RFC 6455, section 4.2), and what MQTT asks of it.

use axum::body::Body;
use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, Response, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What is appended to the key (RFC 6455, section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Subprotocols: that of MQTT 3.1.1 and 5, and the older name.
const PROTOCOLS: [&str; 2] = ["mqtt", "mqttv3.1"];

/// A request that can be answered with a WebSocket.
pub(super) struct Asked {
    accept: String,
    protocol: &'static str,
}

impl Asked {
    /// # Errors
    /// What is wrong, as an answer.
    pub fn of(parts: &Parts) -> Result<Self, Box<Response<Body>>> {
        let headers = &parts.headers;
        let is_upgrade = parts.method == Method::GET
            && tokens(headers, &CONNECTION).any(|it| it.eq_ignore_ascii_case("upgrade"))
            && tokens(headers, &UPGRADE).any(|it| it.eq_ignore_ascii_case("websocket"));
        if !is_upgrade {
            let why = "this path speaks MQTT over WebSocket only";
            return Err(Box::new(refuse(StatusCode::UPGRADE_REQUIRED, why)));
        }
        let version = tokens(headers, &SEC_WEBSOCKET_VERSION).next();
        if version != Some("13") {
            let why = "Sec-WebSocket-Version must be 13";
            return Err(Box::new(refuse(StatusCode::UPGRADE_REQUIRED, why)));
        }
        let wrong = |why| Box::new(refuse(StatusCode::BAD_REQUEST, why));
        let key = headers.get(SEC_WEBSOCKET_KEY).map(|key| key.as_bytes());
        let key = key.filter(|key| STANDARD.decode(key).is_ok_and(|bits| bits.len() == 16));
        let key = key.ok_or_else(|| wrong("Sec-WebSocket-Key must be 16 bytes in base64"))?;
        let offered: Vec<&str> = tokens(headers, &SEC_WEBSOCKET_PROTOCOL).collect();
        let protocol = PROTOCOLS.into_iter().find(|name| offered.contains(name));
        let protocol = protocol
            .ok_or_else(|| wrong("Sec-WebSocket-Protocol must offer mqtt (MQTT-6.0.0-3)"))?;
        Ok(Self {
            accept: accept(key),
            protocol,
        })
    }

    /// The answer that turns the connection into a WebSocket.
    pub fn answer(&self) -> Response<Body> {
        let answer = Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_ACCEPT, &self.accept)
            .header(SEC_WEBSOCKET_PROTOCOL, self.protocol)
            .body(Body::empty());
        answer.expect("names and values are plain ASCII")
    }
}

/// An answer that says why not.
pub(super) fn refuse(status: StatusCode, why: &str) -> Response<Body> {
    let message = why.replace(['"', '\\'], "'");
    let mut answer = Response::builder()
        .status(status)
        .header("content-type", "application/json");
    if status == StatusCode::UPGRADE_REQUIRED {
        answer = answer
            .header(UPGRADE, "websocket")
            .header(CONNECTION, "Upgrade")
            .header(SEC_WEBSOCKET_VERSION, "13");
    }
    let body = Body::from(format!("{{\"message\":\"{message}\"}}"));
    answer.body(body).expect("names and values are plain ASCII")
}

fn accept(key: &[u8]) -> String {
    let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY);
    hash.update(key);
    hash.update(GUID);
    STANDARD.encode(hash.finish())
}

/// The values of a list header, over all its lines.
fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).into_iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(&str, &str)]) -> Result<Asked, StatusCode> {
        let mut request = axum::http::Request::get("/mqtt");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        Asked::of(&parts).map_err(|answer| answer.status())
    }

    const GOOD: [(&str, &str); 5] = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-protocol", "soap, mqttv3.1, mqtt"),
    ];

    /// The example of RFC 6455, section 1.3.
    #[test]
    fn the_published_example() {
        let Ok(asked) = asked(&GOOD) else {
            panic!("it is good")
        };
        assert_eq!(asked.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(asked.protocol, "mqtt");
        assert_eq!(asked.answer().status(), 101);
    }

    #[test]
    fn what_is_missing_is_refused() {
        for (at, status) in [(0, 426), (1, 426), (2, 426), (3, 400), (4, 400)] {
            let mut headers = GOOD.to_vec();
            headers.remove(at);
            let refused = asked(&headers).err().expect("refused");
            assert_eq!(refused.as_u16(), status, "without {}", GOOD[at].0);
        }
        let mut headers = GOOD;
        headers[3].1 = "c2hvcnQ=";
        assert!(asked(&headers).is_err());
    }
}
