// SPDX-License-Identifier: Apache-2.0
//! One-time links: once, for a quarter of an hour, to this site only.

use std::time::Duration;

use axum::Router;
use http::StatusCode;
use hw_api::ApiLimits;

use crate::answer::{HTTP, get, house_with, post, request, send, still_house};

async fn link(router: &Router, key: &str, path: &str) -> String {
    let body = serde_json::json!({ "path": path }).to_string();
    let answer = post(router, key, "/api/v1/links", &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()["path"].as_str().expect("a path").to_owned()
}

#[tokio::test]
async fn opens_once_and_signs_in_to_read() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let path = link(&router, &house.admin_key, "/things/a%20b?minutes=5").await;
    assert_eq!(path.len(), "/open/".len() + 43);

    let opened = get(&router, &path).await;
    assert_eq!(opened.status, StatusCode::OK);
    assert_eq!(opened.header("refresh"), "0; url=/things/a%20b?minutes=5");
    assert_eq!(opened.header("referrer-policy"), "no-referrer");
    let cookie = opened.cookie();
    let headers = [("cookie", cookie.as_str())];
    let page = send(&router, request("GET", "/things/x", &headers, "")).await;
    assert_eq!(page.status, StatusCode::OK);
    let status = send(&router, request("GET", "/api/v1/status", &headers, "")).await;
    assert_eq!(status.status, StatusCode::OK);
    let own = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];
    let flush = send(&router, request("POST", "/api/v1/lake/flush", &own, "")).await;
    assert_eq!(flush.status, StatusCode::FORBIDDEN, "a link reads");
    house.events.take();

    let again = get(&router, &path).await;
    assert_eq!(again.status, StatusCode::GONE);
    assert!(again.header("content-type").starts_with("text/html"));
    assert!(again.headers.get("set-cookie").is_none());
    assert_eq!(
        house.events.take()[0].cause,
        "one-time link unknown, used or expired"
    );
}

#[tokio::test]
async fn of_many_who_come_at_once_one_gets_in() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let path = link(&router, &house.admin_key, "/").await;
    let tries = (0..16).map(|_| get(&router, &path));
    let answers = futures::future::join_all(tries).await;
    let opened = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::OK);
    assert_eq!(opened.count(), 1);
}

#[tokio::test]
async fn who_only_looks_uses_nothing_up() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let path = link(&router, &house.admin_key, "/").await;
    let head = send(&router, request("HEAD", &path, &[], "")).await;
    let prefetch = [("sec-purpose", "prefetch;prerender")];
    let prefetch = send(&router, request("GET", &path, &prefetch, "")).await;
    assert_eq!(
        (head.status, prefetch.status),
        (StatusCode::NO_CONTENT, StatusCode::NO_CONTENT)
    );
    assert_eq!(get(&router, &path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_quarter_of_an_hour() {
    let (house, clock) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let early = link(&router, &house.admin_key, "/").await;
    let late = link(&router, &house.admin_key, "/").await;
    clock.advance(Duration::from_secs(15 * 60 - 1));
    assert_eq!(get(&router, &early).await.status, StatusCode::OK);
    clock.advance(Duration::from_secs(1));
    assert_eq!(get(&router, &late).await.status, StatusCode::GONE);
    assert_eq!(
        get(&router, "/open/never-was").await.status,
        StatusCode::GONE
    );
}

#[tokio::test]
async fn no_way_to_another_site() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let long = format!("/{}", "x".repeat(2_048));
    for path in [
        "",
        "things/x",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/a\\b",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\t/evil.example",
        "\n//evil.example",
        "/a\r\nSet-Cookie: x=y",
        "/a b",
        " /a",
        "/\u{7f}",
        "/\u{202e}",
        "/ä",
        &long,
    ] {
        let body = serde_json::json!({ "path": path }).to_string();
        let answer = post(&router, &house.admin_key, "/api/v1/links", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path:?}");
        assert_eq!(answer.kind(), "invalid");
    }
}

#[tokio::test]
async fn an_admin_link_must_be_asked_for() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let body = r#"{"path":"/","role":"admin"}"#;
    let made = post(&router, &house.admin_key, "/api/v1/links", body)
        .await
        .json();
    let opened = get(&router, made["path"].as_str().expect("a path")).await;
    let cookie = opened.cookie();
    let own = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];
    let flush = send(&router, request("POST", "/api/v1/lake/flush", &own, "")).await;
    assert_eq!(flush.status, StatusCode::OK);
}

#[tokio::test]
async fn waiting_links_are_bounded() {
    let limits = ApiLimits {
        links_max: 2,
        ..ApiLimits::default()
    };
    let house = house_with(limits).await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let first = link(&router, &house.admin_key, "/").await;
    link(&router, &house.admin_key, "/").await;
    let full = post(
        &router,
        &house.admin_key,
        "/api/v1/links",
        r#"{"path":"/"}"#,
    )
    .await;
    assert_eq!(
        (full.status, full.kind().as_str()),
        (StatusCode::TOO_MANY_REQUESTS, "limit")
    );
    assert_eq!(get(&router, &first).await.status, StatusCode::OK);
    link(&router, &house.admin_key, "/").await;
}
