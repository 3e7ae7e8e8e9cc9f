// SPDX-License-Identifier: Apache-2.0
//! The plug: only a demo has one, and only an administrator pulls it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use http::StatusCode;
use hw_api::{ApiDeps, Plug};

use crate::answer::{HTTP, post, still_house};

const PATH: &str = "/api/v1/demo/plug";

/// Counts, and lives on.
#[derive(Default)]
struct Counted(AtomicU32);

impl Plug for Counted {
    fn pull(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_server_that_is_no_demo_has_none() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let answer = post(&router, &house.admin_key, PATH, "").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.text.contains("headwater demo"), "{}", answer.text);
}

#[tokio::test]
async fn an_administrator_pulls_it() {
    let (house, _) = still_house().await;
    let (admin, reader) = (house.admin_key.clone(), house.read_key.clone());
    let plug = Arc::new(Counted::default());
    let Ok(deps) = Arc::try_unwrap(house.deps) else {
        panic!("nobody else has the parts yet");
    };
    let deps = ApiDeps {
        plug: Some(plug.clone()),
        ..deps
    };
    let router = hw_api::router(Arc::new(deps), HTTP);
    let answer = post(&router, &reader, PATH, "").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(plug.0.load(Ordering::Relaxed), 0);
    let answer = post(&router, &admin, PATH, "").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
    assert_eq!(plug.0.load(Ordering::Relaxed), 1);
    let own = std::process::id();
    let of = |pid: u32| format!("{PATH}?pid={pid}");
    let answer = post(&router, &admin, &of(own + 1), "").await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let answer = post(&router, &admin, &of(own), "").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
    assert_eq!(plug.0.load(Ordering::Relaxed), 2);
}
