// SPDX-License-Identifier: Apache-2.0
//! Messages that people publish: payloads in three forms, and who sends them.

use http::StatusCode;
use hw_api::{Access, ApiLimits};
use serde_json::json;

use crate::answer::{HTTP, ask, house_with, post, request, send, still_house};
use crate::house::ACCOUNT;

const PATH: &str = "/api/v1/messages";

#[tokio::test]
async fn a_payload_in_three_forms() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    for (body, payload, qos, retain) in [
        (
            r#"{"topic":"a","payload":{"n":1.10}}"#,
            &br#"{"n":1.10}"#[..],
            1,
            false,
        ),
        (r#"{"topic":"a","payload":null,"qos":0}"#, b"null", 0, false),
        (r#"{"topic":"a","payload":"x"}"#, br#""x""#, 1, false),
        (r#"{"topic":"a","text":"x","retain":true}"#, b"x", 1, true),
        (r#"{"topic":"a","text":""}"#, b"", 1, false),
        (r#"{"topic":"a","base64":"/wA="}"#, b"\xff\0", 1, false),
    ] {
        let answer = post(&router, &house.admin_key, PATH, body).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
        assert!(answer.json()["trace_id"].is_string());
        let sent = house.inbox.take();
        let [sent] = sent.as_slice() else {
            panic!("{} messages", sent.len());
        };
        assert_eq!((sent.topic.as_str(), &*sent.payload), ("a", payload));
        assert_eq!((sent.wait, sent.retain), (qos == 1, retain), "{body}");
        let told = house.events.take();
        assert!(told.is_empty(), "the message says itself who sent it");
    }
}

#[tokio::test]
async fn who_sends_it() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let body = r#"{"topic":"a","text":"x"}"#;
    post(&router, &house.admin_key, PATH, body).await;
    let id = house.admin_key.split('_').nth(1).expect("an id");
    let sender = |sent: Vec<hw_kernel::Submission>| {
        let principal = &sent[0].principal;
        assert_eq!(principal.account, ACCOUNT);
        principal.id.to_string()
    };
    assert_eq!(sender(house.inbox.take()), format!("api-key/{id}"));
    let socket = hw_api::router(house.deps.clone(), Access::LocalAdmin(ACCOUNT));
    let answer = send(&socket, request("POST", PATH, &[], body)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    assert_eq!(sender(house.inbox.take()), "admin/socket");
    let reader = post(&router, &house.read_key, PATH, body).await;
    assert_eq!(reader.status, StatusCode::FORBIDDEN);
    assert!(house.inbox.take().is_empty());
}

#[tokio::test]
async fn what_is_not_taken_in() {
    let limits = ApiLimits {
        payload_bytes_max: 4,
        ..ApiLimits::default()
    };
    let house = house_with(limits).await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    for (body, status) in [
        (json!({"topic": "a"}), StatusCode::BAD_REQUEST),
        (
            json!({"topic": "a", "text": "x", "payload": 1}),
            StatusCode::BAD_REQUEST,
        ),
        (
            json!({"topic": "a", "base64": "?"}),
            StatusCode::BAD_REQUEST,
        ),
        (
            json!({"topic": "a", "text": "x", "qos": 2}),
            StatusCode::BAD_REQUEST,
        ),
        (
            json!({"topic": "a", "text": "12345"}),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
        (
            json!({"topic": "$aws/events/x", "text": "x"}),
            StatusCode::FORBIDDEN,
        ),
    ] {
        let body = body.to_string();
        let answer = ask(&router, &house.admin_key, "POST", PATH, &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
    }
    let told = house.events.take();
    let [refused] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(
        (refused.kind.as_str(), refused.topic.as_deref()),
        ("publish", Some("$aws/events/x"))
    );
}
