// SPDX-License-Identifier: Apache-2.0
//! Groups by columns that files are sorted by are found in another way than others, and answer the
//! same.

use hw_query::Limits;

use crate::fake::{FOUR, ONE, TELEMETRY, World, flow};

/// Texts that are too long to stand in a view, and empty ones.
const THINGS: [&str; 5] = [
    "",
    "a",
    "b",
    "a meter with a long name 1",
    "a meter with a long name 2",
];

/// Three sorted files that share things, and buffered rows in no order.
fn world(threads: usize) -> World {
    let limits = Limits {
        partitions_max: threads,
        ..Limits::default()
    };
    let world = World::with(limits);
    for file in 0..3_i64 {
        let rows = THINGS.iter().enumerate().flat_map(|(at, thing)| {
            let count = 1_000 + 150 * at as i64 + file;
            (0..count).map(move |n| {
                let value = (n % 97) as f64;
                (FOUR + file * 1_000_000 + n, *thing, value)
            })
        });
        let rows: Vec<_> = rows.skip(file as usize * 50).collect();
        world.file(ONE, &TELEMETRY, &format!("file{file}"), &flow(&rows));
    }
    let rows: Vec<_> = (0..500)
        .map(|n| (FOUR + 9_000_000 + n, THINGS[(n * 7 % 5) as usize], n as f64))
        .collect();
    world.tables.buffer(ONE, &TELEMETRY, flow(&rows));
    world
}

const WHATS: [&str; 8] = [
    "count(*), count(value), count(text)",
    "sum(value), min(value), max(value), avg(value)",
    "min(time), max(time), min(text), max(thing)",
    "count(*) FILTER (WHERE value > 50), sum(value) FILTER (WHERE value < 10)",
    "last(value, time), first(value, time)",
    "count(DISTINCT value)",
    "bool_and(value < 1000), stddev(value)",
    "max(value) - min(value) + 1",
];

/// Conditions on rows and on groups.
const CONDITIONS: [(&str, &str); 5] = [
    ("true", "true"),
    ("value > 3 AND time > '2019-02-21T16:00:00.003Z'", "true"),
    ("thing = 'a'", "true"),
    ("thing = 'nobody'", "true"),
    ("true", "count(*) > 3200"),
];

#[tokio::test]
async fn they_answer_as_others_do() {
    for threads in [1, 3] {
        let world = world(threads);
        let some = CONDITIONS.iter().cycle();
        for (what, (rows, groups)) in WHATS.iter().chain(&WHATS).zip(some) {
            let ask = |thing: &str, metric: &str| {
                format!(
                    "SELECT {thing} AS t, {metric} AS m, {what} FROM telemetry \
                     WHERE {rows} GROUP BY {thing}, {metric} HAVING {groups} ORDER BY 1, 2"
                )
            };
            let runs = world.rows(&ask("thing", "metric")).await;
            let hashed = ask("concat(thing, '')", "concat(metric, '')");
            let hashed = world.rows(&hashed).await;
            assert_eq!(
                near(&runs),
                near(&hashed),
                "{threads}: {what}, {rows}, {groups}"
            );
        }
        for sql in [
            "SELECT DISTINCT thing FROM telemetry ORDER BY 1",
            "SELECT x, count(*) FROM (SELECT thing AS x FROM telemetry) GROUP BY x ORDER BY x",
            "SELECT x, count(*) FROM (SELECT thing AS x, time FROM telemetry \
             UNION ALL SELECT 'a', now()) GROUP BY x ORDER BY x",
            "SELECT x, count(*) FROM (SELECT concat(thing, try_cast(thing AS bigint)) AS x \
             FROM telemetry) GROUP BY x ORDER BY x",
        ] {
            let rows = world.rows(sql).await;
            assert_eq!(rows.as_array().map(Vec::len), Some(THINGS.len()), "{sql}");
        }
    }
}

/// Sums of parts in another order differ in their last digits.
fn near(rows: &serde_json::Value) -> String {
    match rows {
        serde_json::Value::Number(number) => format!("{:.9e}", number.as_f64().unwrap_or(f64::MAX)),
        serde_json::Value::Array(values) => values.iter().map(near).collect::<Vec<_>>().join("|"),
        other => other.to_string(),
    }
}

#[tokio::test]
async fn plans_say_so() {
    let world = world(2);
    let plan = async |sql: &str| {
        let rows = world.rows(&format!("EXPLAIN ANALYZE {sql}")).await;
        rows.to_string()
    };
    let sorted = plan("SELECT thing, avg(value) FROM telemetry GROUP BY thing").await;
    assert!(sorted.contains("Runs: "), "{sorted}");
    let filtered = "SELECT thing, count(*) FROM telemetry WHERE value > 3 GROUP BY thing";
    assert!(plan(filtered).await.contains("Runs: "));
    for other in [
        "SELECT metric, count(*) FROM telemetry GROUP BY metric",
        "SELECT thing, median(value) FROM telemetry GROUP BY thing",
        "SELECT thing, array_agg(value) FROM telemetry GROUP BY thing",
        "SELECT value, count(*) FROM telemetry GROUP BY value",
        "SELECT thing, count(*) FROM (SELECT * FROM telemetry ORDER BY time LIMIT 9) GROUP BY thing",
    ] {
        let plan = plan(other).await;
        assert!(!plan.contains("Runs: "), "{plan}");
    }
}
