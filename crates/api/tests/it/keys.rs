// SPDX-License-Identifier: Apache-2.0
//! API keys: who is let in, who is not, what is told about it, and making them.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use http::StatusCode;

use crate::answer::{HTTP, get, post, request, send, still_house};

const STATUS: &str = "/api/v1/status";

#[tokio::test]
async fn a_key_lets_in() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let authorization = format!("{scheme} {}", house.read_key);
        let headers = [("authorization", authorization.as_str())];
        let answer = send(&router, request("GET", STATUS, &headers, "")).await;
        assert_eq!(answer.status, StatusCode::OK, "{scheme}");
        assert_eq!(answer.json()["messages"], 7);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert!(house.events.take().is_empty());
}

#[tokio::test]
async fn nothing_is_open_without_one() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    for (method, path) in [
        ("POST", "/api/v1/sql"),
        ("GET", "/api/v1/stream?topic=%23"),
        ("POST", "/api/v1/lake/flush"),
        ("POST", "/api/v1/keys"),
        ("POST", "/api/v1/links"),
        ("GET", STATUS),
    ] {
        let answer = send(&router, request(method, path, &[], "{}")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(answer.kind(), "unauthenticated");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    assert_eq!(house.live.open(), 0);
}

#[tokio::test]
async fn a_wrong_key_is_an_event_with_its_address() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let mut wrong = house.admin_key.clone();
    wrong.replace_range(
        wrong.len() - 1..,
        if wrong.ends_with('A') { "B" } else { "A" },
    );
    for authorization in [
        format!("Bearer {wrong}"),
        "Bearer hw_0000000000000000_x".to_owned(),
        "Bearer".to_owned(),
        format!("Basic {}", house.admin_key),
        "Bearer \u{e4}".to_owned(),
    ] {
        let headers = [("authorization", authorization.as_str())];
        let mut asked = request("GET", STATUS, &headers, "");
        let peer: SocketAddr = "192.0.2.7:4711".parse().expect("an address");
        asked.extensions_mut().insert(ConnectInfo(peer));
        let answer = send(&router, asked).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{authorization}");
        let events = house.events.take();
        assert_eq!(events.len(), 1, "{authorization}");
        assert_eq!(
            (events[0].kind.as_str(), events[0].outcome.as_str()),
            ("api", "refused")
        );
        assert_eq!(events[0].address.as_deref(), Some("192.0.2.7"));
        assert!(
            !events[0].cause.contains("hw_0"),
            "no secret in {}",
            events[0].cause
        );
    }
}

#[tokio::test]
async fn two_authorizations_are_none() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let good = format!("Bearer {}", house.read_key);
    let headers = [
        ("authorization", good.as_str()),
        ("authorization", "Bearer x"),
    ];
    let answer = send(&router, request("GET", STATUS, &headers, "")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_reader_changes_nothing() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    for (path, body) in [
        ("/api/v1/lake/flush", ""),
        ("/api/v1/keys", r#"{"label":"x","role":"admin"}"#),
        ("/api/v1/links", r#"{"path":"/"}"#),
    ] {
        let answer = post(&router, &house.read_key, path, body).await;
        assert_eq!(
            (answer.status, answer.kind().as_str()),
            (StatusCode::FORBIDDEN, "denied")
        );
        let events = house.events.take();
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].cause, format!("role read may not POST {path}"));
        assert!(events[0].principal.is_some());
    }
}

#[tokio::test]
async fn keys_are_made_and_work() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let body = r#"{"label":"for the shed","role":"admin"}"#;
    let made = post(&router, &house.admin_key, "/api/v1/keys", body).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let made = made.json();
    assert_eq!(
        (&made["region"], &made["account"]),
        (&"eu-central-1".into(), &"000000000001".into())
    );
    let id = made["access_key_id"].as_str().expect("an access key");
    let secret = house
        .deps
        .identity
        .signing_secret(id)
        .await
        .expect("reads")
        .expect("is there");
    assert_eq!(
        made["secret_access_key"],
        secret.secret_access_key.expose().as_str()
    );
    let key = made["api_key"].as_str().expect("a key");
    let flushed = post(&router, key, "/api/v1/lake/flush", "").await;
    assert_eq!(flushed.json()["ok"], true);
    let events = house.events.take();
    assert_eq!(events[0].cause, "key made: \"for the shed\", role admin");
    assert_eq!(events[0].outcome, "ok");
}

/// An access key may do everything, and would lift a reader up.
#[tokio::test]
async fn a_reader_gets_no_access_key() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let body = r#"{"label":"","role":"read"}"#;
    let made = post(&router, &house.admin_key, "/api/v1/keys", body)
        .await
        .json();
    assert!(made["access_key_id"].is_null() && made["secret_access_key"].is_null());
    let key = made["api_key"].as_str().expect("a key");
    let denied = post(&router, key, "/api/v1/lake/flush", "").await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn bad_wishes_for_keys() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let long = format!(r#"{{"label":"{}","role":"read"}}"#, "x".repeat(129));
    for body in [
        r#"{"label":"x"}"#,
        r#"{"label":"x","role":"root"}"#,
        r#"{"label":"x","role":"read","account":"000000000002"}"#,
        r#"{"label":"a\nb","role":"read"}"#,
        &long,
    ] {
        let answer = post(&router, &house.admin_key, "/api/v1/keys", body).await;
        assert_eq!(
            (answer.status, answer.kind().as_str()),
            (StatusCode::BAD_REQUEST, "invalid")
        );
    }
    assert_eq!(
        get(&router, "/api/v1/links").await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}
