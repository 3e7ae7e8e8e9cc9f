// SPDX-License-Identifier: Apache-2.0
//! The console as it is sent. It must have been built: `make console`.

use http::StatusCode;

use crate::answer::{Answer, HTTP, get, request, send, still_house};

const BROWSER: &str = "gzip, deflate, br";

async fn ask(path: &str, headers: &[(&str, &str)]) -> Answer {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    send(&router, request("GET", path, headers, "")).await
}

/// Paths in the document's links and scripts.
fn named(document: &str) -> Vec<String> {
    let parts = document.split('"').filter(|part| part.starts_with('/'));
    parts.map(str::to_owned).collect()
}

#[tokio::test]
async fn every_path_of_the_console_is_the_one_document() {
    let first = ask("/", &[]).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    assert_eq!(first.header("content-type"), "text/html; charset=utf-8");
    for path in ["/devices/%3Cb%3E", "/setup", "/sign-in", "/nowhere"] {
        let answer = ask(path, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.text, first.text, "{path}");
    }
}

#[tokio::test]
async fn all_that_the_document_names_is_there_and_kept_by_its_kind() {
    let document = ask("/", &[]).await;
    let files = named(&document.text);
    assert!(
        files
            .iter()
            .any(|file| file.starts_with("/_app/immutable/entry/"))
    );
    for path in files {
        let answer = ask(&path, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let forever = answer.header("cache-control").contains("immutable");
        assert_eq!(forever, path.starts_with("/_app/immutable/"), "{path}");
    }
    let gone = ask("/_app/immutable/entry/of-another-release.js", &[]).await;
    assert_eq!(
        gone.status,
        StatusCode::NOT_FOUND,
        "no document where a script was asked for"
    );
}

#[tokio::test]
async fn it_comes_compressed_to_whom_reads_that_and_not_twice() {
    let plain = ask("/", &[]).await;
    assert_eq!(plain.header("content-encoding"), "");
    let script = named(&plain.text)
        .into_iter()
        .find(|file| file.ends_with(".js"));
    let script = script.expect("a script");
    for (accepts, encoding) in [(BROWSER, "br"), ("gzip", "gzip"), ("identity", "")] {
        let answer = ask(&script, &[("accept-encoding", accepts)]).await;
        assert_eq!(answer.header("content-encoding"), encoding);
        assert_eq!(answer.header("vary"), "accept-encoding");
    }
    let again = ask("/", &[("if-none-match", plain.header("etag"))]).await;
    assert_eq!(
        (again.status, again.text.as_str()),
        (StatusCode::NOT_MODIFIED, "")
    );
    let other = ask("/", &[("if-none-match", "\"another\"")]).await;
    assert_eq!(other.status, StatusCode::OK);
}

#[tokio::test]
async fn nothing_but_our_own_may_run() {
    for path in ["/", "/nowhere", "/open/x", "/icon.svg", "/api/v1/status"] {
        let answer = ask(path, &[]).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'"),
            "{path}: {policy}"
        );
        assert!(
            !policy.contains("unsafe") && !policy.contains('*'),
            "{path}: {policy}"
        );
    }
    let document = ask("/", &[]).await;
    let policy = document.header("content-security-policy");
    assert_eq!(
        policy.matches("'sha256-").count(),
        document.text.matches("<script>").count()
    );
    let elsewhere = document.text.replace("http://www.w3.org/", "");
    assert!(!elsewhere.contains("https://") && !elsewhere.contains("http://"));
    assert!(
        !document.text.contains(" style="),
        "the policy refuses styles in elements"
    );
}

#[tokio::test]
async fn only_reading_is_for_the_console() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let answer = send(&router, request("POST", "/devices", &[], "{}")).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    let missing = get(&router, "/api/v1/nothing").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(missing.kind(), "not_found");
}
