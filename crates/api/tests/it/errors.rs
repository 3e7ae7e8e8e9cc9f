// SPDX-License-Identifier: Apache-2.0
//! Refusals have one shape, and faults of ours tell nothing.

use std::sync::Arc;

use http::StatusCode;
use hw_api::ApiLimits;
use hw_kernel::port::clock::SystemClock;

use crate::answer::{HTTP, get, house_with, post, request, send, still_house};
use crate::house::house;

#[tokio::test]
async fn what_is_not_there() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    for path in ["/api", "/api/", "/api/v1", "/api/v1/sqll", "/api/v2/sql"] {
        let answer = get(&router, path).await;
        assert_eq!(
            (answer.status, answer.kind().as_str()),
            (StatusCode::NOT_FOUND, "not_found")
        );
    }
    let answer = get(&router, "/apis").await;
    assert_eq!(answer.status, StatusCode::OK, "a page of the console");
    let answer = get(&router, "/api/v1/sql").await;
    assert_eq!(
        (answer.status, answer.kind().as_str()),
        (StatusCode::METHOD_NOT_ALLOWED, "invalid")
    );
    assert_eq!(answer.header("allow"), "POST");
}

#[tokio::test]
async fn bodies() {
    let limits = ApiLimits {
        body_bytes_max: 100,
        ..ApiLimits::default()
    };
    let house = house_with(limits).await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let authorization = format!("Bearer {}", house.read_key);
    let ask = async |kind: &str, body: &str| {
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", kind),
        ];
        send(&router, request("POST", "/api/v1/sql", &headers, body)).await
    };
    let json = "application/json; charset=utf-8";
    for body in [
        "",
        "{",
        "[]",
        "null",
        "{}",
        r#"{"sql":1}"#,
        r#"{"sql":"x","sqls":""}"#,
        "\u{0}",
    ] {
        let answer = ask(json, body).await;
        assert_eq!(
            (answer.status, answer.kind().as_str()),
            (StatusCode::BAD_REQUEST, "invalid"),
            "{body}"
        );
    }
    let deep = format!(r#"{{"sql":"","params":{}"#, "[".repeat(60));
    assert_eq!(ask(json, &deep).await.status, StatusCode::BAD_REQUEST);
    for kind in [
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data",
        "",
    ] {
        let answer = ask(kind, r#"{"sql":"SELECT 1"}"#).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
        assert_eq!(answer.kind(), "invalid");
    }
    let large = format!(r#"{{"sql":"SELECT '{}'"}}"#, "x".repeat(100));
    let answer = ask(json, &large).await;
    assert_eq!(
        (answer.status, answer.kind().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "limit")
    );
    assert!(answer.text.contains("body_bytes_max"));
}

#[tokio::test]
async fn a_flush_that_fails_says_why() {
    let clock = Arc::new(SystemClock::default());
    let house = house(
        clock,
        ApiLimits::default(),
        Err("storage is full".to_owned()),
    )
    .await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let answer = post(&router, &house.admin_key, "/api/v1/lake/flush", "").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["error"]["message"], "storage is full");
}

#[tokio::test]
async fn faults_of_ours_tell_nothing() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    house.close_catalog().await;
    let answer = post(
        &router,
        &house.admin_key,
        "/api/v1/sql",
        r#"{"sql":"SELECT 1"}"#,
    )
    .await;
    assert!(answer.status.is_server_error(), "{}", answer.text);
    for word in ["sqlite", "pool", "SELECT", "catalog.db"] {
        assert!(!answer.text.contains(word), "{}", answer.text);
    }
}
