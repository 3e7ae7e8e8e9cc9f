// SPDX-License-Identifier: Apache-2.0
//! The page and its files.

use http::StatusCode;

use crate::answer::{HTTP, get, request, send, still_house};

#[tokio::test]
async fn strangers_get_the_form() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    for path in [
        "/",
        "/things/866191037731759",
        "/things/%3Cb%3E",
        "/topic?name=a/b",
    ] {
        let answer = get(&router, path).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(answer.text.contains("headwater keys create"), "{path}");
        assert!(
            answer.text.contains(r#"method="post""#),
            "a key never goes into an address"
        );
    }
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    for path in [
        "/",
        "/nowhere",
        "/open/x",
        "/page/main.js",
        "/page/nothing.js",
        "/api/v1/status",
    ] {
        let answer = get(&router, path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(
            answer.header("content-security-policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
             img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
            "{path}"
        );
    }
}

/// What the document and its scripts name is there, and nothing is from elsewhere.
#[tokio::test]
async fn all_that_is_named_is_there() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let body = r#"{"path":"/"}"#;
    let link = crate::answer::post(&router, &house.admin_key, "/api/v1/links", body)
        .await
        .json();
    let cookie = get(&router, link["path"].as_str().expect("a path"))
        .await
        .cookie();
    let headers = [("cookie", cookie.as_str())];
    let page = send(&router, request("GET", "/things/x", &headers, "")).await;
    let mut texts = vec![
        page.text,
        get(&router, "/").await.text,
        get(&router, "/nowhere").await.text,
    ];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(text) = texts.pop() {
        for found in text
            .split('"')
            .filter_map(|part| part.strip_prefix("/page/").or(part.strip_prefix("./")))
        {
            if !seen.insert(found.to_owned()) {
                continue;
            }
            let answer = get(&router, &format!("/page/{found}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{found}");
            texts.push(answer.text);
        }
        let elsewhere = text.replace("http://www.w3.org/", "");
        assert!(!elsewhere.contains("https://") && !elsewhere.contains("http://"));
        for sink in [
            "innerHTML",
            "insertAdjacentHTML",
            "outerHTML",
            "document.write",
            "eval(",
        ] {
            assert!(!text.contains(sink), "{sink}");
        }
        assert!(
            !text.contains(" style="),
            "the policy refuses styles in elements"
        );
    }
    assert!(seen.contains("source.js") && seen.contains("style.css") && seen.contains("icon.svg"));
}
