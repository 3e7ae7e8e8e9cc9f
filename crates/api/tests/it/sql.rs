// SPDX-License-Identifier: Apache-2.0
//! `POST /api/v1/sql`, with the real engine.

use axum::Router;
use http::StatusCode;
use serde_json::{Value, json};

use crate::answer::{Answer, HTTP, NOON, post, still_house};
use crate::house::House;
use crate::house::tables::Reading;

fn filled(house: &House) {
    let reading =
        |thing: Option<&str>, metric: &str, value, text: Option<&str>, after: i64| Reading {
            time: NOON.0 + after,
            thing: thing.map(str::to_owned),
            metric: metric.to_owned(),
            value,
            text: text.map(str::to_owned),
            topic: "t".to_owned(),
        };
    house.tables.add(&[
        reading(Some("meter"), "FlowRate", Some(1.5), None, 0),
        reading(Some("meter"), "FlowRate", Some(2.5), None, 1),
        reading(Some("o'meter"), "Date", None, Some("21/02/2019"), 2),
    ]);
}

async fn ask(router: &Router, key: &str, sql: &str, params: Value) -> Answer {
    let body = json!({ "sql": sql, "params": params }).to_string();
    post(router, key, "/api/v1/sql", &body).await
}

#[tokio::test]
async fn answers_with_columns_and_rows() {
    let (house, _) = still_house().await;
    filled(&house);
    let router = hw_api::router(house.deps.clone(), HTTP);
    let sql = "SELECT time, metric, value, text FROM telemetry WHERE thing = $1 AND value > $2";
    let answer = ask(&router, &house.read_key, sql, json!(["meter", 2])).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/json");
    let expected = json!({
        "columns": [
            { "name": "time", "type": "timestamp with time zone" },
            { "name": "metric", "type": "text" },
            { "name": "value", "type": "double precision" },
            { "name": "text", "type": "text" },
        ],
        "rows": [["2019-02-21T16:14:10.000002Z", "FlowRate", 2.5, null]],
    });
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn parameters_are_values_never_text() {
    let (house, _) = still_house().await;
    filled(&house);
    let router = hw_api::router(house.deps.clone(), HTTP);
    let sql = "SELECT count(*) AS n FROM telemetry WHERE thing = $1";
    for (thing, count) in [("o'meter", 1), ("x' OR '1'='1", 0), ("meter", 2)] {
        let answer = ask(&router, &house.read_key, sql, json!([thing])).await;
        assert_eq!(answer.json()["rows"], json!([[count]]), "{thing}");
    }
    let sql = "SELECT $1, $2, $3, $4";
    let answer = ask(&router, &house.read_key, sql, json!([null, true, -7, 0.5])).await;
    assert_eq!(
        answer.json()["rows"],
        json!([[null, true, -7, 0.5]]),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn big_answers_are_whole() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let sql = "SELECT value FROM generate_series(1, 5000)";
    let answer = ask(&router, &house.read_key, sql, json!([])).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.json()["rows"].as_array().map(Vec::len), Some(5_000));
}

#[tokio::test]
async fn bad_statements_are_the_callers() {
    let (house, _) = still_house().await;
    filled(&house);
    let router = hw_api::router(house.deps.clone(), HTTP);
    for (sql, params) in [
        ("", json!([])),
        ("   ;  ", json!([])),
        ("-- nothing", json!([])),
        ("SELEC 1", json!([])),
        ("SELECT 1; SELECT 2", json!([])),
        ("SELECT * FROM nowhere", json!([])),
        ("SELECT nothing FROM telemetry", json!([])),
        ("SELECT $1", json!([])),
        ("SELECT 1", json!([1])),
        ("SELECT $1", json!([[1]])),
        ("SELECT $1", json!([{}])),
        ("SELECT $1", json!([18_446_744_073_709_551_615_u64])),
        ("SELECT \u{0}", json!([])),
        ("BEGIN", json!([])),
    ] {
        let answer = ask(&router, &house.read_key, sql, params).await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{sql}: {}",
            answer.text
        );
        answer.kind();
    }
    for sql in [
        "DELETE FROM telemetry",
        "CREATE TABLE x (a INT)",
        "DROP TABLE telemetry",
    ] {
        let answer = ask(&router, &house.admin_key, sql, json!([])).await;
        assert!(answer.status.is_client_error(), "{sql}: {}", answer.text);
    }
    let missing = ask(&router, &house.read_key, "SELECT * FROM nowhere", json!([])).await;
    assert_eq!(missing.json()["error"]["sqlstate"], "42P01");
}

#[tokio::test]
async fn what_costs_too_much_names_the_limit() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let sql = "SELECT value FROM generate_series(1, 200000)";
    let answer = ask(&router, &house.read_key, sql, json!([])).await;
    assert_eq!(
        (answer.status, answer.kind().as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, "limit")
    );
    assert!(answer.text.contains("answer_rows_max"), "{}", answer.text);
}
