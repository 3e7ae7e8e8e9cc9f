// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/things/NAME/values` while the server's clock is set forward and back.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use http::header::AUTHORIZATION;
use hw_api::ApiLimits;
use hw_kernel::Clock;
use hw_model::Timestamp;

use crate::answer::{HTTP, NOON, request, send};
use crate::house::tables::Reading;
use crate::house::{ACCOUNT, House, house};

const HOUR: i64 = 3_600;

/// Two clocks, in seconds since the start: the wall clock can be set.
#[derive(Default)]
struct Two {
    wall: AtomicI64,
    steady: AtomicI64,
}

impl Clock for Two {
    fn now(&self) -> Timestamp {
        Timestamp(NOON.0 + self.wall.load(Ordering::SeqCst) * 1_000_000)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.steady.load(Ordering::SeqCst) as u64)
    }

    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::pending())
    }
}

struct Scene {
    clock: Arc<Two>,
    house: House,
    router: Router,
}

impl Scene {
    async fn new() -> Self {
        let clock = Arc::<Two>::default();
        let house = house(clock.clone(), ApiLimits::default(), Ok(())).await;
        let thing = house.deps.fleet.create_thing(ACCOUNT, "meter", [].into());
        thing.await.expect("a thing");
        let router = hw_api::router(house.deps.clone(), HTTP);
        Self {
            clock,
            house,
            router,
        }
    }

    /// Time passes.
    fn pass(&self, seconds: i64) {
        self.clock.steady.fetch_add(seconds, Ordering::SeqCst);
        self.set(seconds);
    }

    /// The wall clock is set forward, or back.
    fn set(&self, seconds: i64) {
        self.clock.wall.fetch_add(seconds, Ordering::SeqCst);
    }

    /// The thing says this now.
    fn hear(&self, metric: &str, value: f64) {
        self.house.tables.add(&[Reading {
            time: self.clock.now().0,
            thing: Some("meter".to_owned()),
            metric: metric.to_owned(),
            value: Some(value),
            text: None,
            topic: "t".to_owned(),
        }]);
    }

    /// Values by metric, in the order of their names.
    async fn values(&self) -> Vec<(String, f64)> {
        let key = format!("Bearer {}", self.house.read_key);
        let headers = [(AUTHORIZATION.as_str(), key.as_str())];
        let request = request("GET", "/api/v1/things/meter/values", &headers, "");
        let answer = send(&self.router, request).await.json();
        let values = answer["values"].as_array().expect("values").iter();
        let value = |value: &serde_json::Value| {
            let metric = value["metric"].as_str().expect("a name");
            (metric.to_owned(), value["value"].as_f64().expect("a value"))
        };
        values.map(value).collect()
    }

    async fn assert_values(&self, expected: &[(&str, f64)], when: &str) {
        let values = self.values().await;
        let values: Vec<_> = values
            .iter()
            .map(|(m, value)| (m.as_str(), *value))
            .collect();
        assert_eq!(values, expected, "{when}");
    }
}

#[tokio::test]
async fn are_refreshed_after_the_clock_was_set_back() {
    let scene = Scene::new().await;
    scene.hear("flow", 1.0);
    scene.hear("temp", 1.0);
    scene.pass(10);
    scene.set(400 * 24 * HOUR);
    scene.hear("flow", 2.0);
    scene
        .assert_values(&[("flow", 2.0), ("temp", 1.0)], "ahead")
        .await;

    scene.set(-400 * 24 * HOUR);
    scene.pass(10);
    scene.hear("temp", 3.0);
    let last = [("flow", 1.0), ("temp", 3.0)];
    scene
        .assert_values(&last, "what is of a time to come gives way")
        .await;
    scene.pass(HOUR);
    scene.hear("flow", 4.0);
    let last = [("flow", 4.0), ("temp", 3.0)];
    scene.assert_values(&last, "an hour later").await;
    scene.pass(10);
    scene.hear("temp", 5.0);
    let last = [("flow", 4.0), ("temp", 5.0)];
    scene.assert_values(&last, "and so on").await;
}

#[tokio::test]
async fn of_a_time_to_come_are_shown_if_there_are_no_others_and_when_it_has_come() {
    let scene = Scene::new().await;
    scene.hear("flow", 1.0);
    scene.set(HOUR);
    scene.hear("flow", 2.0);
    scene.hear("once", 2.0);
    scene.set(-HOUR);
    let last = [("flow", 1.0), ("once", 2.0)];
    scene.assert_values(&last, "back").await;
    scene.pass(2 * HOUR);
    scene.hear("temp", 3.0);
    let last = [("flow", 2.0), ("once", 2.0), ("temp", 3.0)];
    scene.assert_values(&last, "it has come").await;
}

#[tokio::test]
async fn are_refreshed_when_nobody_looked_until_the_clock_caught_up() {
    let scene = Scene::new().await;
    scene.hear("flow", 1.0);
    scene.pass(3 * HOUR);
    scene.hear("temp", 1.0);
    scene
        .assert_values(&[("flow", 1.0), ("temp", 1.0)], "right")
        .await;
    scene.set(-2 * HOUR);
    scene.pass(60);
    scene.hear("flow", 2.0);
    scene.pass(2 * HOUR);
    let last = [("flow", 2.0), ("temp", 1.0)];
    scene
        .assert_values(&last, "heard of while the clock was behind")
        .await;
}

#[tokio::test]
async fn read_only_what_came_since() {
    let scene = Scene::new().await;
    scene.hear("flow", 1.0);
    scene.assert_values(&[("flow", 1.0)], "first").await;
    scene.pass(HOUR);
    scene.hear("flow", 2.0);
    scene.assert_values(&[("flow", 2.0)], "second").await;
    // A row that was not there before, of a time that was looked at already.
    scene.set(-HOUR);
    scene.hear("old", 1.0);
    scene.set(HOUR);
    scene
        .assert_values(&[("flow", 2.0)], "nobody looks there again")
        .await;
}
