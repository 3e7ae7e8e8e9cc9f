// SPDX-License-Identifier: Apache-2.0
//! The page over a made-up house, to look at while working on it: three water meters and a
//! greenhouse, a day of history, a reading a second, and a few refusals.
//!
//! `cargo run -p hw-api --example page --features example -- 8089`

#[path = "../tests/it/house/mod.rs"]
mod house;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hw_api::{Access, ApiLimits};
use hw_kernel::Clock;
use hw_kernel::port::clock::SystemClock;
use hw_model::Timestamp;

use house::House;
use house::tables::{Reading, Refused};

const SECOND: i64 = 1_000_000;
const METERS: [&str; 3] = ["866191037731759", "866191037731760", "kitchen-tap"];

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).unwrap_or_else(|| "8089".to_owned());
    let address = format!("127.0.0.1:{port}");
    let clock = Arc::new(SystemClock::default());
    let house = house::house(clock.clone(), ApiLimits::default(), Ok(())).await;
    remember(&house, clock.now().0);
    let router = hw_api::router(house.deps.clone(), Access::Keys { https: false })
        .into_make_service_with_connect_info::<SocketAddr>();
    let listener = tokio::net::TcpListener::bind(&address)
        .await
        .expect("a free port");
    println!("http://{address}/  API key: {}", house.admin_key);
    let ticking = async {
        loop {
            clock.sleep(Duration::from_secs(1)).await;
            publish(&house, clock.now());
        }
    };
    tokio::select! {
        served = async { axum::serve(listener, router).await } => served.expect("serves"),
        () = ticking => {}
    }
}

/// A day: a reading a minute, and one a second in the last quarter of an hour.
fn remember(house: &House, now: i64) {
    let minutes = (15..24 * 60).rev().map(|minute| now - minute * 60 * SECOND);
    let seconds = (0..15 * 60).rev().map(|second| now - second * SECOND);
    let rows: Vec<_> = minutes.chain(seconds).flat_map(readings).collect();
    house.tables.add(&rows);
    let at = |minutes: i64| now - minutes * 60 * SECOND;
    house.tables.refuse(&[
        Refused {
            time: at(3),
            kind: "publish",
            client_id: Some("kitchen-tap"),
            cause: "policy meter: no Allow for iot:Publish on topic/other/place".to_owned(),
            count: 1,
        },
        Refused {
            time: at(41),
            kind: "connect",
            client_id: None,
            cause: "certificate INACTIVE".to_owned(),
            count: 12,
        },
    ]);
}

fn publish(house: &House, now: Timestamp) {
    let rows = readings(now.0);
    house.tables.add(&rows);
    for thing in METERS
        .map(Some)
        .into_iter()
        .chain([Some("<b>greenhouse</b>"), None])
    {
        let mine: Vec<_> = rows
            .iter()
            .filter(|row| row.thing.as_deref() == thing)
            .collect();
        let Some(first) = mine.first() else { continue };
        let leaf = |row: &&Reading| {
            let value = match (&row.text, row.value) {
                (Some(text), _) => text.as_str().into(),
                (None, value) => value.into(),
            };
            (row.metric.clone(), value)
        };
        let payload: serde_json::Map<String, serde_json::Value> = mine.iter().map(leaf).collect();
        let payload = serde_json::Value::from(payload).to_string();
        let message = house::live::message(now, &first.topic, thing, payload.as_bytes());
        house.live.publish(&message);
    }
}

/// What everybody measures at a moment.
fn readings(time: i64) -> Vec<Reading> {
    let hours = time as f64 / 3_600e6;
    let noise = |seed: f64| ((hours * 91_331.7 + seed) * 12.9898).sin() * 43_758.545 % 1.0;
    let mut rows = Vec::new();
    for (index, meter) in METERS.iter().enumerate() {
        let seed = index as f64;
        let busy = (hours * 40.0 + seed * 1.7).sin() > 0.3 - seed * 0.2;
        let flow = if busy {
            6.0 + 2.0 * seed + noise(seed)
        } else {
            0.0
        };
        let topic = format!("/things/waterflowcontrollers/{meter}");
        let mut row = |metric: &str, value, text: Option<String>| {
            let (metric, thing) = (metric.to_owned(), Some((*meter).to_owned()));
            rows.push(Reading {
                time,
                thing,
                metric,
                value,
                text,
                topic: topic.clone(),
            });
        };
        let volts = format!("{}mV", 2080 - (hours % 24.0 * 3.0) as i64);
        row("SerialNumber", None, Some((*meter).to_owned()));
        row("BatteryVoltage", None, Some(volts));
        row("FlowRate", Some((flow * 1e3).round() / 1e3), None);
        row("FlowCalibration", None, Some("4.5".to_owned()));
        row("Date", None, Some("21/02/2019 16:14:10".to_owned()));
    }
    for (metric, value) in [
        (
            "air.temperature",
            21.5 + 6.0 * (hours / 3.8).sin() + noise(0.1) * 0.3,
        ),
        (
            "air.humidity",
            61.0 - 14.0 * (hours / 3.8).sin() + noise(0.2),
        ),
        ("pressure", 101_325.0 + 400.0 * (hours / 9.0).sin()),
        ("door.open", f64::from(u8::from((hours * 3.0).sin() > 0.9))),
        ("total", 1_234_567_890.0 + (hours * 60.0).floor()),
    ] {
        let (metric, topic) = (metric.to_owned(), "garden/<i>green</i>/state".to_owned());
        let thing = Some("<b>greenhouse</b>".to_owned());
        rows.push(Reading {
            time,
            thing,
            metric,
            value: Some(value),
            text: None,
            topic,
        });
    }
    let (topic, metric) = ("bench/anonymous".to_owned(), "value".to_owned());
    let value = Some(noise(0.3));
    rows.push(Reading {
        time,
        thing: None,
        metric,
        value,
        text: None,
        topic,
    });
    rows
}
