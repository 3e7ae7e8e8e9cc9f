// SPDX-License-Identifier: Apache-2.0
//! Asking a router, and what it answered.

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use hw_api::{Access, ApiLimits};
use hw_kernel::port::clock::SystemClock;
use hw_kernel::testkit::clock::SimulatedClock;
use hw_model::Timestamp;
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt;

use crate::house::{House, house};

pub const HTTP: Access = Access::Keys { https: false };
pub const HTTPS: Access = Access::Keys { https: true };

/// 2019-02-21T16:14:10.000001Z.
pub const NOON: Timestamp = Timestamp(1_550_765_650_000_001);

/// An answer, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// `kind` of an error.
    pub fn kind(&self) -> String {
        let json = self.json();
        assert!(json["error"]["message"].is_string(), "{json}");
        json["error"]["kind"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("text"))
    }

    /// The cookie that was set, as a browser sends it back.
    pub fn cookie(&self) -> String {
        let line = self.header("set-cookie");
        line.split(';').next().unwrap_or_default().to_owned()
    }
}

/// A request with headers, and a body if it is not empty.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request
        .body(Body::from(body.to_owned()))
        .expect("a request")
}

pub async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.expect("infallible");
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    // What is compressed is no text; its tests look at the headers.
    let text = match headers.contains_key(header::CONTENT_ENCODING) {
        true => String::new(),
        false => String::from_utf8(body.to_vec()).expect("UTF-8"),
    };
    Answer {
        status,
        headers,
        text,
    }
}

/// GET without credentials.
pub async fn get(router: &Router, path: &str) -> Answer {
    send(router, request("GET", path, &[], "")).await
}

/// POST of JSON with an API key.
pub async fn post(router: &Router, key: &str, path: &str, body: &str) -> Answer {
    let authorization = format!("Bearer {key}");
    let headers = [
        (header::AUTHORIZATION.as_str(), authorization.as_str()),
        ("content-type", "application/json"),
    ];
    send(router, request("POST", path, &headers, body)).await
}

/// Any method, with an API key; a body if it is not empty.
pub async fn ask(router: &Router, key: &str, method: &str, path: &str, body: &str) -> Answer {
    let authorization = format!("Bearer {key}");
    let headers = [(header::AUTHORIZATION.as_str(), authorization.as_str())];
    send(router, request(method, path, &headers, body)).await
}

/// A house whose clock stands still.
pub async fn still_house() -> (House, SimulatedClock) {
    let clock = SimulatedClock::at(NOON);
    let house = house(Arc::new(clock.clone()), ApiLimits::default(), Ok(())).await;
    (house, clock)
}

/// A house on the machine's clock, with limits.
pub async fn house_with(limits: ApiLimits) -> House {
    house(Arc::new(SystemClock::default()), limits, Ok(())).await
}
