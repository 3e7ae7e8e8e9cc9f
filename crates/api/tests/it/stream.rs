// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/stream`: framing, filters, drops, keep-alives and ends.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::StatusCode;
use http_body_util::BodyExt;
use hw_api::ApiLimits;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::answer::{HTTP, NOON, house_with, request, send, still_house};
use crate::house::live::message;

/// A stream that is read chunk by chunk.
struct Reader(Body);

impl Reader {
    async fn open(router: &Router, key: &str, query: &str) -> Self {
        let authorization = format!("Bearer {key}");
        let headers = [("authorization", authorization.as_str())];
        let path = format!("/api/v1/stream?{query}");
        let response = router
            .clone()
            .oneshot(request("GET", &path, &headers, ""))
            .await;
        let response = response.expect("infallible");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            response.headers()["content-type"],
            "text/event-stream; charset=utf-8"
        );
        let mut reader = Self(response.into_body());
        assert_eq!(reader.chunk().await.as_deref(), Some(": listening\n\n"));
        reader
    }

    async fn chunk(&mut self) -> Option<String> {
        let frame = self.0.frame().await?.expect("no error");
        let bytes = frame.into_data().expect("data");
        Some(String::from_utf8(bytes.to_vec()).expect("UTF-8"))
    }
}

/// The JSON of the messages in a chunk.
fn messages(chunk: &str) -> Vec<Value> {
    let events = chunk.split_terminator("\n\n");
    let data = events.filter_map(|event| event.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).expect("JSON on one line"))
        .collect()
}

#[tokio::test]
async fn a_message_in_full() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let mut reader = Reader::open(&router, &house.read_key, "topic=a/%2B").await;
    let payload = br#"{"FlowRate":1.50,"big":12345678901234567890}"#;
    house.live.publish(&message(NOON, "other", None, b"1"));
    house
        .live
        .publish(&message(NOON, "a/b", Some("meter"), payload));
    let chunk = reader.chunk().await.expect("a chunk");
    assert!(
        chunk.contains(r#""payload":{"FlowRate":1.50,"#),
        "digits are kept: {chunk}"
    );
    let text = std::str::from_utf8(payload).expect("text");
    let expected = json!({
        "time": "2019-02-21T16:14:10.000001Z",
        "topic": "a/b",
        "thing": "meter",
        "client_id": "client",
        "principal": "ab".repeat(32),
        "qos": 1,
        "retain": false,
        "trace_id": message(NOON, "", None, b"").trace.to_string(),
        "payload": serde_json::from_str::<Value>(text).expect("JSON"),
        "text": text,
    });
    assert_eq!(messages(&chunk), [expected]);
}

#[tokio::test]
async fn every_payload_stays_in_its_frame() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let mut reader = Reader::open(&router, &house.read_key, "topic=%23").await;
    let cases: [(&[u8], Value, Value, Value); 8] = [
        (
            b"{\n \"a\":\r\n1}\r\n",
            json!({ "a": 1 }),
            json!("{\n \"a\":\r\n1}\r\n"),
            Value::Null,
        ),
        (
            b"x\n\ndata: {}\n\n",
            Value::Null,
            json!("x\n\ndata: {}\n\n"),
            Value::Null,
        ),
        (b"", Value::Null, json!(""), Value::Null),
        (b"null", Value::Null, json!("null"), Value::Null),
        (b"NaN", Value::Null, json!("NaN"), Value::Null),
        (b"{\"a\":1", Value::Null, json!("{\"a\":1"), Value::Null),
        (b"\xff\n\0", Value::Null, Value::Null, json!("/woA")),
        (
            "\u{2028}".as_bytes(),
            Value::Null,
            json!("\u{2028}"),
            Value::Null,
        ),
    ];
    for (payload, json, text, base64) in cases {
        house.live.publish(&message(NOON, "t", None, payload));
        let chunk = reader.chunk().await.expect("a chunk");
        assert_eq!(chunk.matches('\n').count(), 2, "{chunk:?}");
        let [message] = <[Value; 1]>::try_from(messages(&chunk)).expect("one");
        assert_eq!(
            (&message["payload"], &message["text"]),
            (&json, &text),
            "{chunk}"
        );
        assert_eq!(message["base64"], base64);
        assert_eq!(message.get("base64").is_some(), message["text"].is_null());
    }
}

/// Most readers of JSON refuse deep nesting; a device must not break the stream for them.
#[tokio::test]
async fn deep_payloads_go_as_text() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let mut reader = Reader::open(&router, &house.read_key, "topic=%23").await;
    for (levels, kept) in [(64, true), (65, false), (100_000, false)] {
        let text = format!("{}\"[\\\"{{\"{}", "[".repeat(levels), "]".repeat(levels));
        house
            .live
            .publish(&message(NOON, "t", None, text.as_bytes()));
        let [message] =
            <[Value; 1]>::try_from(messages(&reader.chunk().await.expect("a chunk"))).expect("one");
        assert_eq!(message["payload"].is_array(), kept, "{levels}");
        assert_eq!(message["text"], text.as_str());
    }
}

#[tokio::test]
async fn a_thing_alone() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let mut reader = Reader::open(&router, &house.read_key, "topic=%23&thing=a").await;
    for thing in [None, Some("b"), Some("a"), Some("ab")] {
        house.live.publish(&message(NOON, "t", thing, b"1"));
    }
    let chunk = reader.chunk().await.expect("a chunk");
    let things: Vec<_> = messages(&chunk)
        .iter()
        .map(|m| m["thing"].clone())
        .collect();
    assert_eq!(things, [json!("a")]);
}

#[tokio::test]
async fn what_a_slow_reader_missed_is_counted() {
    let limits = ApiLimits {
        stream_messages_max: 4,
        ..ApiLimits::default()
    };
    let house = house_with(limits).await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let mut reader = Reader::open(&router, &house.read_key, "topic=%23").await;
    for _ in 0..10 {
        house.live.publish(&message(NOON, "t", None, b"1"));
    }
    let chunk = reader.chunk().await.expect("a chunk");
    assert_eq!(messages(&chunk).len(), 4);
    assert!(
        chunk.ends_with("event: dropped\ndata: {\"count\":6}\n\n"),
        "{chunk}"
    );
    house.live.publish(&message(NOON, "t", None, b"1"));
    let chunk = reader.chunk().await.expect("a chunk");
    assert!(!chunk.contains("dropped"), "told once: {chunk}");
}

#[tokio::test]
async fn an_idle_stream_is_kept_alive_and_shutdown_ends_it() {
    let (house, clock) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let mut reader = Reader::open(&router, &house.read_key, "topic=%23").await;
    for _ in 0..2 {
        let (chunk, ()) = tokio::join!(reader.chunk(), async {
            tokio::task::yield_now().await;
            clock.advance(Duration::from_secs(15));
        });
        assert_eq!(chunk.as_deref(), Some(": keep-alive\n\n"));
    }
    let (end, ()) = tokio::join!(reader.chunk(), async { house.shutdown.begin() });
    assert_eq!(end, None);
}

#[tokio::test]
async fn a_reader_who_leaves_closes_the_tap() {
    let limits = ApiLimits {
        streams_max: 1,
        ..ApiLimits::default()
    };
    let house = house_with(limits).await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let reader = Reader::open(&router, &house.read_key, "topic=%23").await;
    let authorization = format!("Bearer {}", house.read_key);
    let headers = [("authorization", authorization.as_str())];
    let second = request("GET", "/api/v1/stream?topic=%23", &headers, "");
    let second = send(&router, second).await;
    assert_eq!(
        (second.status, second.kind().as_str()),
        (StatusCode::TOO_MANY_REQUESTS, "limit")
    );
    assert_eq!(house.live.open(), 1);
    drop(reader);
    assert_eq!(house.live.open(), 0);
    Reader::open(&router, &house.read_key, "topic=%23").await;
}

#[tokio::test]
async fn bad_wishes() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let authorization = format!("Bearer {}", house.read_key);
    let headers = [("authorization", authorization.as_str())];
    for query in [
        "",
        "topic=",
        "topic=a%23",
        "topic=a/%23/b",
        "topic=%2B%2B",
        "topic=%00",
        "topics=a",
        "topic=a&topic=b",
    ] {
        let path = format!("/api/v1/stream?{query}");
        let answer = send(&router, request("GET", &path, &headers, "")).await;
        assert_eq!(
            (answer.status, answer.kind().as_str()),
            (StatusCode::BAD_REQUEST, "invalid"),
            "{query}"
        );
    }
    assert_eq!(house.live.open(), 0);
}
