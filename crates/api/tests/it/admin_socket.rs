// SPDX-License-Identifier: Apache-2.0
//! Behind the admin socket: admin of the account, and the API alone.

use http::StatusCode;
use hw_api::Access;

use crate::answer::{HTTP, get, post, request, send, still_house};
use crate::house::ACCOUNT;

#[tokio::test]
async fn its_caller_is_admin() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), Access::LocalAdmin(ACCOUNT));
    let body = r#"{"label":"cli","role":"admin"}"#;
    let made = send(&router, request("POST", "/api/v1/keys", &[], body)).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    assert_eq!(made.json()["account"], ACCOUNT.to_string());
    assert_eq!(
        house.events.take()[0].principal.as_deref(),
        Some("admin socket")
    );
    let lost = get(&router, "/").await;
    assert_eq!(
        (lost.status, lost.kind().as_str()),
        (StatusCode::NOT_FOUND, "not_found")
    );
}

/// As `make demo` does it.
#[tokio::test]
async fn its_link_opens_on_the_http_door() {
    let (house, _) = still_house().await;
    let socket = hw_api::router(house.deps.clone(), Access::LocalAdmin(ACCOUNT));
    let http = hw_api::router(house.deps.clone(), HTTP);
    let body = r#"{"path":"/things/866191037731759"}"#;
    let made = send(&socket, request("POST", "/api/v1/links", &[], body))
        .await
        .json();
    let opened = get(&http, made["path"].as_str().expect("a path")).await;
    assert_eq!(opened.status, StatusCode::OK);
    assert_eq!(opened.header("refresh"), "0; url=/things/866191037731759");
}

#[tokio::test]
async fn a_flush_is_of_the_callers_account_and_at_the_socket_of_all() {
    let (house, _) = still_house().await;
    let http = hw_api::router(house.deps.clone(), HTTP);
    let flushed = post(&http, &house.admin_key, "/api/v1/lake/flush", "").await;
    assert_eq!(flushed.status, StatusCode::OK);
    let socket = hw_api::router(house.deps.clone(), Access::LocalAdmin(ACCOUNT));
    let flush = request("POST", "/api/v1/lake/flush", &[], "");
    assert_eq!(send(&socket, flush).await.status, StatusCode::OK);
    assert_eq!(house.flush.asked.lock()[..], [Some(ACCOUNT), None]);
}
