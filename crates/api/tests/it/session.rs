// SPDX-License-Identifier: Apache-2.0
//! Sessions of people: the cookie, its end, and who may use it from where.

use std::time::Duration;

use axum::Router;
use http::StatusCode;
use hw_api::{Access, ApiLimits};

use crate::answer::{Answer, HTTP, HTTPS, house_with, request, send, still_house};

async fn sign_in(router: &Router, key: &str, headers: &[(&str, &str)]) -> Answer {
    let body = serde_json::json!({ "api_key": key }).to_string();
    let json = [("content-type", "application/json")];
    let headers = [headers, &json].concat();
    send(router, request("POST", "/api/v1/session", &headers, &body)).await
}

const OWN: &[(&str, &str)] = &[("sec-fetch-site", "same-origin")];

async fn status_of(router: &Router, cookie: &str) -> StatusCode {
    let headers = [("cookie", cookie)];
    send(router, request("GET", "/api/v1/status", &headers, ""))
        .await
        .status
}

#[tokio::test]
async fn the_cookie_says_what_it_must() {
    let (house, _) = still_house().await;
    for (access, name, secure) in [
        (HTTP, "headwater=", false),
        (HTTPS, "__Host-headwater=", true),
    ] {
        let router = hw_api::router(house.deps.clone(), access);
        let answer = sign_in(&router, &house.read_key, OWN).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let line = answer.header("set-cookie");
        assert!(line.starts_with(name), "{line}");
        for part in [
            "; Path=/",
            "; HttpOnly",
            "; SameSite=Strict",
            "; Max-Age=43200",
        ] {
            assert!(line.contains(part), "{line}");
        }
        assert_eq!(line.contains("; Secure"), secure, "{line}");
        assert!(!line.contains("Domain"), "{line}");
        assert_eq!(status_of(&router, &answer.cookie()).await, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_plain_cookie_does_not_open_the_https_door() {
    let (house, _) = still_house().await;
    let http = hw_api::router(house.deps.clone(), HTTP);
    let https = hw_api::router(house.deps.clone(), HTTPS);
    let cookie = sign_in(&http, &house.read_key, OWN).await.cookie();
    assert_eq!(status_of(&https, &cookie).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn half_a_day_and_signing_out() {
    let (house, clock) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let first = sign_in(&router, &house.read_key, OWN).await.cookie();
    let second = sign_in(&router, &house.read_key, OWN).await.cookie();
    assert_ne!(first, second);
    let headers = [
        ("cookie", first.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];
    let out = send(&router, request("DELETE", "/api/v1/session", &headers, "")).await;
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(status_of(&router, &first).await, StatusCode::UNAUTHORIZED);
    for _ in 0..3 {
        clock.advance(Duration::from_secs(4 * 3_600 - 1));
        assert_eq!(status_of(&router, &second).await, StatusCode::OK);
    }
    clock.advance(Duration::from_secs(3));
    assert_eq!(status_of(&router, &second).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn four_hours_without_a_request() {
    let (house, clock) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let cookie = sign_in(&router, &house.read_key, OWN).await.cookie();
    clock.advance(Duration::from_secs(4 * 3_600 - 1));
    assert_eq!(status_of(&router, &cookie).await, StatusCode::OK);
    clock.advance(Duration::from_secs(4 * 3_600));
    assert_eq!(status_of(&router, &cookie).await, StatusCode::UNAUTHORIZED);
}

/// Browsers that send no `Sec-Fetch-Site` name the page's origin.
#[tokio::test]
async fn another_origin_opens_no_stream() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let cookie = sign_in(&router, &house.read_key, OWN).await.cookie();
    let ask = async |origin: &str| {
        let headers = [
            ("cookie", cookie.as_str()),
            ("host", "localhost:8080"),
            ("origin", origin),
        ];
        let path = "/api/v1/status";
        send(&router, request("GET", path, &headers, ""))
            .await
            .status
    };
    assert_eq!(ask("http://localhost:8080").await, StatusCode::OK);
    assert_eq!(ask("http://evil.example").await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn wrong_keys_and_made_up_cookies() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let answer = sign_in(&router, "hw_0000000000000000_x", OWN).await;
    assert_eq!(
        (answer.status, answer.kind().as_str()),
        (StatusCode::UNAUTHORIZED, "unauthenticated")
    );
    assert_eq!(house.events.take()[0].kind, "api");
    let made_up = format!("headwater={}", "A".repeat(43));
    for cookie in [
        "headwater=",
        "headwater",
        "headwater=x",
        &made_up,
        "a=b; ; =;",
    ] {
        assert_eq!(
            status_of(&router, cookie).await,
            StatusCode::UNAUTHORIZED,
            "{cookie}"
        );
    }
}

#[tokio::test]
async fn the_oldest_session_makes_room() {
    let limits = ApiLimits {
        sessions_max: 2,
        ..ApiLimits::default()
    };
    let house = house_with(limits).await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let mut cookies = Vec::new();
    for _ in 0..3 {
        cookies.push(sign_in(&router, &house.read_key, OWN).await.cookie());
    }
    let mut open = Vec::new();
    for cookie in &cookies {
        open.push(status_of(&router, cookie).await == StatusCode::OK);
    }
    assert_eq!(open, [false, true, true]);
}

/// Another site's page, another port of this host, or no word about it: no change with a cookie.
#[tokio::test]
async fn changes_must_come_from_our_own_page() {
    let (house, _) = still_house().await;
    let try_it = async |access: Access, headers: &[(&str, &str)]| {
        let router = hw_api::router(house.deps.clone(), access);
        let cookie = sign_in(&router, &house.admin_key, OWN).await.cookie();
        let headers = [headers, &[("cookie", cookie.as_str())]].concat();
        let flush = send(&router, request("POST", "/api/v1/lake/flush", &headers, "")).await;
        flush.status == StatusCode::OK
    };
    let host = ("host", "localhost:8080");
    assert!(try_it(HTTP, OWN).await);
    assert!(try_it(HTTP, &[host, ("origin", "http://localhost:8080")]).await);
    assert!(try_it(HTTP, &[host, ("origin", "http://LOCALHOST:8080")]).await);
    assert!(
        try_it(
            HTTPS,
            &[("host", "hw.example"), ("origin", "https://hw.example:443")]
        )
        .await
    );
    assert!(
        try_it(
            HTTP,
            &[("host", "hw.example"), ("origin", "https://hw.example")]
        )
        .await,
        "proxy"
    );
    assert!(house.events.take().is_empty());

    for headers in [
        &[][..],
        &[host],
        &[("sec-fetch-site", "cross-site")],
        &[
            ("sec-fetch-site", "same-site"),
            host,
            ("origin", "http://localhost:8080"),
        ],
        &[("sec-fetch-site", "none")],
        &[host, ("origin", "null")],
        &[host, ("origin", "http://localhost:3000")],
        &[host, ("origin", "http://localhost:8080.evil.example")],
        &[host, ("origin", "http://evil.example")],
        &[("host", ""), ("origin", "http://")],
        &[
            host,
            ("origin", "http://localhost:8080"),
            ("origin", "http://evil.example"),
        ],
    ] {
        assert!(!try_it(HTTP, headers).await, "{headers:?}");
        assert_eq!(house.events.take().len(), 1, "{headers:?}");
    }
    let plain = [("host", "hw.example"), ("origin", "http://hw.example")];
    assert!(
        !try_it(HTTPS, &plain).await,
        "a plain page of the same name is another origin"
    );
}

#[tokio::test]
async fn another_sites_page_reads_nothing() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let cookie = sign_in(&router, &house.read_key, OWN).await.cookie();
    let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-site")];
    let answer = send(
        &router,
        request("GET", "/api/v1/stream?topic=%23", &headers, ""),
    )
    .await;
    assert_eq!(
        (answer.status, answer.kind().as_str()),
        (StatusCode::FORBIDDEN, "denied")
    );
    let page = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "cross-site"),
    ];
    let page = send(&router, request("GET", "/", &page, "")).await;
    assert_eq!(page.status, StatusCode::OK, "a link to the page is fine");
}

#[tokio::test]
async fn nobody_is_signed_in_from_elsewhere() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    for headers in [&[][..], &[("sec-fetch-site", "cross-site")]] {
        let answer = sign_in(&router, &house.read_key, headers).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.headers.get("set-cookie").is_none());
    }
}
