// SPDX-License-Identifier: Apache-2.0
//! Files and buffered rows are one table; files that can't matter are not opened; values are bound.

use hw_model::Timestamp;
use hw_query::{Limits, Param, RowOf};
use serde_json::json;

use crate::fake::{FOUR, HOUR, MESSAGES, ONE, TELEMETRY, World, flow, message, other};

#[tokio::test]
async fn files_and_buffer_are_one_table() {
    let world = World::small(Limits::default());
    let rows = world
        .rows("SELECT time, thing, value, text FROM telemetry ORDER BY time")
        .await;
    assert_eq!(
        rows,
        json!([
            ["2019-02-21T16:00:00.000000Z", "a", 1.0, null],
            ["2019-02-21T16:00:00.000001Z", "b", 2.0, null],
            ["2019-02-21T17:00:00.000000Z", "a", 3.0, null],
            ["2019-02-21T18:00:00.000000Z", "a", 4.5, null],
            ["2019-02-21T18:00:00.123456Z", "c", null, null],
        ]),
        "the files lack the column text"
    );
    let sums = world
        .rows("SELECT thing, sum(value) FROM telemetry WHERE value < 9 GROUP BY 1 ORDER BY 1")
        .await;
    assert_eq!(sums, json!([["a", 8.5], ["b", 2.0]]));
    let joined = world
        .rows("SELECT count(*) FROM telemetry x JOIN telemetry y ON x.time = y.time WHERE x.thing = 'a'")
        .await;
    assert_eq!(joined, json!([[3]]));
    assert_eq!(
        world
            .rows("SELECT time FROM telemetry ORDER BY time DESC LIMIT 1")
            .await[0][0],
        "2019-02-21T18:00:00.123456Z"
    );
}

#[tokio::test]
async fn large_files_are_divided_and_the_newest_is_read_first() {
    const ROWS: i64 = 525_000;
    let limits = Limits {
        partitions_max: 2,
        ..Limits::default()
    };
    let world = World::with(limits);
    // While one file is read, the next is opened: those behind that one tell.
    for (hour, name, rows) in [
        (3, "third", 9),
        (5, "newest", ROWS),
        (1, "oldest", 9),
        (4, "second", 9),
        (2, "fourth", 9),
    ] {
        let row = |n| (FOUR + hour * HOUR + n, name, n as f64);
        let rows: Vec<_> = (0..rows).map(row).collect();
        world.file(ONE, &TELEMETRY, name, &flow(&rows));
    }
    let rows = world
        .rows("SELECT count(*), sum(value) FROM telemetry WHERE value >= 0")
        .await;
    let sum = (ROWS * (ROWS - 1) / 2 + 4 * 36) as f64;
    assert_eq!(rows, json!([[ROWS + 36, sum]]));
    world.blobs.take_read();
    let rows = world
        .rows("SELECT thing, value FROM telemetry ORDER BY time DESC LIMIT 2")
        .await;
    let last = (ROWS - 1) as f64;
    assert_eq!(rows, json!([["newest", last], ["newest", last - 1.0]]));
    let read = world.blobs.take_read();
    assert!(!read.iter().any(|key| key.contains("oldest")), "{read:?}");
}

#[tokio::test]
async fn patterns_are_matched_in_files_and_buffer() {
    let world = World::small(Limits::default());
    for (condition, count) in [
        ("thing LIKE 'a%'", 3),
        ("thing NOT LIKE 'a%'", 2),
        ("thing LIKE 'a'", 3),
        ("thing LIKE 'a%' AND time < '2019-02-21T18:00Z'", 2),
        ("thing ILIKE 'A%' OR time > '2019-02-21T18:00Z'", 4),
    ] {
        let sql = format!("SELECT count(*) FROM telemetry WHERE {condition}");
        assert_eq!(world.rows(&sql).await, json!([[count]]), "{condition}");
    }
}

#[tokio::test]
async fn types_have_postgresql_names() {
    let world = World::small(Limits::default());
    let answer = world
        .engine
        .sql(ONE, "SELECT * FROM messages", Vec::new())
        .await
        .expect("reads");
    let types: Vec<&str> = answer
        .columns
        .iter()
        .map(|c| c.type_name.as_str())
        .collect();
    assert_eq!(
        types,
        [
            "timestamp with time zone",
            "text",
            "integer",
            "boolean",
            "bytea",
            "bigint"
        ]
    );
    let payload = world.rows("SELECT payload, size FROM messages").await;
    assert_eq!(
        payload,
        json!([["eyJmbG93IjoxfQD/", 12]]),
        "byte for byte, in base64"
    );
}

#[tokio::test]
async fn a_condition_on_time_leaves_files_closed() {
    let world = World::small(Limits::default());
    let sql = "SELECT value FROM telemetry WHERE time >= '2019-02-21T16:30:00Z' ORDER BY time";
    assert_eq!(world.rows(sql).await, json!([[3.0], [4.5], [null]]));
    let read = world.blobs.take_read();
    assert!(
        read.iter().all(|key| key.ends_with("late.parquet")) && read.len() == 1,
        "{read:?}"
    );

    let after = Param::Time(Timestamp(FOUR + HOUR + 1));
    let sql = "SELECT count(value) FROM telemetry WHERE $1 < time";
    let answer = world
        .engine
        .sql(ONE, sql, vec![after])
        .await
        .expect("reads");
    assert_eq!(answer.rows(), 1);
    assert_eq!(world.blobs.take_read().len(), 0, "all files end before");
}

#[tokio::test]
async fn the_file_of_a_row_is_found() {
    let world = World::small(Limits::default());
    let key = |account, name| format!("lake/{account}/telemetry/data/{name}.parquet");
    let files = [key(ONE, "early"), key(ONE, "late"), key(other(), "early")];
    let row = |time, text| RowOf {
        table: "telemetry",
        time: Timestamp(time),
        column: "thing",
        text,
    };
    for (row, place) in [
        (row(FOUR, "a"), Some(0)),
        (row(FOUR + HOUR, "a"), Some(1)),
        (row(FOUR + 1, "a"), None),
        (row(FOUR, "nobody"), None),
        (row(FOUR + 2 * HOUR, "a"), None),
        (row(FOUR, "secret"), None),
    ] {
        let found = world.engine.file_with(ONE, &files, row).await;
        assert_eq!(found.expect("looks"), place, "{row:?}");
    }
    let unknown = RowOf {
        table: "nowhere",
        ..row(FOUR, "a")
    };
    let found = world.engine.file_with(ONE, &files, unknown).await;
    assert_eq!(found.expect("looks"), None);
}

#[tokio::test]
async fn counting_opens_no_file() {
    let world = World::small(Limits::default());
    assert_eq!(
        world.rows("SELECT count(*) FROM telemetry").await,
        json!([[5]])
    );
    assert_eq!(world.blobs.take_read().len(), 0);
}

#[tokio::test]
async fn values_are_bound_not_pasted() {
    let world = World::small(Limits::default());
    let sql = "SELECT value FROM telemetry WHERE thing = $1 AND time < $2 AND value > $3";
    let params = vec![
        Param::Text("a".into()),
        Param::Text("2019-02-21T17:30:00Z".into()),
        Param::Int(1),
    ];
    let answer = world.engine.sql(ONE, sql, params).await.expect("reads");
    assert_eq!(
        answer.to_json().expect("has JSON"),
        r#"{"columns":[{"name":"value","type":"double precision"}],"rows":[[3.0]]}"#
    );

    let evil = Param::Text("a' OR true --".into());
    let answer = world
        .engine
        .sql(ONE, "SELECT * FROM telemetry WHERE thing = $1", vec![evil]);
    assert_eq!(answer.await.expect("reads").rows(), 0);
    let missing = world
        .engine
        .sql(ONE, "SELECT $1, $2", vec![Param::Null])
        .await;
    assert_eq!(missing.expect_err("one is missing").sqlstate(), "08P01");
}

#[tokio::test]
async fn a_table_is_there_from_its_first_row_on() {
    let world = World::with(Limits::default());
    assert_eq!(
        world.refused("SELECT * FROM messages").await,
        ("42P01", "relation \"messages\" does not exist".into())
    );
    world
        .tables
        .buffer(ONE, &MESSAGES, message(FOUR, "t", b"x"));
    assert_eq!(
        world.rows("SELECT topic FROM messages").await,
        json!([["t"]])
    );
    world.tables.buffer(ONE, &TELEMETRY, flow(&[]));
    assert_eq!(world.rows("SELECT * FROM telemetry").await, json!([]));
}

#[tokio::test]
async fn a_damaged_file_is_an_error_not_fewer_rows() {
    let world = World::small(Limits::default());
    world.blobs.spoil("late");
    let (state, words) = world.refused("SELECT sum(value) FROM telemetry").await;
    assert_eq!(state, "XX001", "{words}");
}

#[tokio::test]
async fn correlated_subqueries_are_not_rewritten() {
    let world = World::small(Limits::default());
    let sql = "SELECT thing, (SELECT max(y.value) FROM telemetry y WHERE y.thing = x.thing AND y.value < 9) AS top \
               FROM telemetry x WHERE x.time < '2019-02-21T16:30:00Z' ORDER BY 1";
    assert_eq!(world.rows(sql).await, json!([["a", 4.5], ["b", 2.0]]));
}

#[tokio::test]
async fn columns_have_postgresql_names_even_twice() {
    let world = World::small(Limits::default());
    let sql = "SELECT count(*), count(*), max(value) AS count, 1 FROM telemetry WHERE value < 9";
    let answer = world.engine.sql(ONE, sql, Vec::new()).await.expect("reads");
    let names: Vec<&str> = answer
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(names, ["count", "count", "count", "?column?"]);
    assert_eq!(world.rows(sql).await, json!([[4, 4, 4.5, 1]]));
    let sql = "SELECT value, * FROM telemetry ORDER BY time LIMIT 1";
    assert_eq!(world.rows(sql).await[0][0], 1.0);
    assert_eq!(world.rows(sql).await[0][4], 1.0);
}

#[tokio::test]
async fn conditions_and_columns_reach_the_files() {
    let world = World::small(Limits::default());
    let sql =
        "EXPLAIN SELECT value FROM telemetry WHERE thing = 'a' AND time < '2019-02-21T16:30:00Z'";
    let plan = world.rows(sql).await.to_string();
    assert!(
        plan.contains("early.parquet") && !plan.contains("late.parquet"),
        "{plan}"
    );
    assert!(plan.contains("projection=[time, thing, value]"), "{plan}");
    assert!(
        plan.contains("file_type=parquet, predicate=thing"),
        "{plan}"
    );
    let analysed = world
        .rows("EXPLAIN ANALYZE SELECT count(*) FROM messages")
        .await
        .to_string();
    assert!(analysed.contains("metrics"), "{analysed}");
}
