// SPDX-License-Identifier: Apache-2.0
//! Limits are errors that name themselves, whatever a statement is made of.

use std::time::Duration;

use hw_query::{Host, Limits};
use serde_json::json;

use crate::fake::World;

const MANY: &str = "generate_series(1, 100000) AS a(x)";

#[tokio::test]
async fn rows_bytes_and_memory() {
    let limits = Limits {
        answer_rows_max: 4,
        answer_bytes_max: 1 << 20,
        session_memory_bytes_max: 1 << 20,
        function_bytes_max: 2 << 20,
        ..Limits::default()
    };
    let world = World::small(limits);
    let (state, words) = world.refused("SELECT * FROM telemetry").await;
    assert_eq!(state, "54000");
    assert!(
        words.contains("more than 4 rows (answer_rows_max)"),
        "{words}"
    );
    assert_eq!(
        world.rows("SELECT 1 FROM telemetry LIMIT 4").await,
        json!([[1], [1], [1], [1]])
    );

    let (state, words) = world.refused("SELECT repeat('x', 1500000)").await;
    assert_eq!(state, "54000");
    assert!(words.contains("answer_bytes_max"), "{words}");

    let sql = format!("SELECT count(*) FROM (SELECT x, count(*) FROM {MANY} GROUP BY x)");
    let (state, words) = world.refused(&sql).await;
    assert_eq!(state, "53200", "{words}");
    let sorted = format!("SELECT x FROM {MANY} ORDER BY -x LIMIT 1");
    assert_eq!(
        world.rows(&sorted).await,
        json!([[100_000]]),
        "the memory is free again"
    );
}

#[tokio::test]
async fn functions_that_make_much_of_little() {
    let world = World::small(Limits::default());
    for sql in [
        "SELECT repeat('x', 2000000000)",
        "SELECT length(repeat(thing, 100000000)) FROM telemetry",
        "SELECT lpad('x', 2000000000)",
        "SELECT rpad('x', 2000000000, 'y')",
        "SELECT length(replace(repeat('a', 100000), 'a', repeat('b', 100000)))",
        "SELECT array_repeat(1, 2000000000)",
        "SELECT array_resize(make_array(1), 2000000000, 1)",
        "SELECT range(0, 2000000000)",
        "SELECT array_length(generate_series(now(), now() + interval '9 days', interval '1 microsecond'))",
    ] {
        let (state, words) = world.refused(sql).await;
        assert_eq!(state, "54000", "{sql}: {words}");
        assert!(words.contains("function_bytes_max"), "{words}");
    }
    assert_eq!(
        world
            .rows("SELECT repeat('ab', 3), lpad('x', 3, '.')")
            .await,
        json!([["ababab", "..x"]])
    );
}

#[tokio::test]
async fn time() {
    let world = World::small(Limits {
        statement_time_max: Duration::from_millis(300),
        ..Limits::default()
    });
    let sql = format!(
        "SELECT count(*) FROM {MANY}, generate_series(1, 100000) AS b(y) WHERE x % 7 = y % 11"
    );
    let (state, words) = world.refused(&sql).await;
    assert_eq!(state, "57014", "{words}");
}

#[tokio::test]
async fn size_and_depth() {
    let world = World::small(Limits::default());
    let joined = |word: &str, count: usize| vec!["1"; count].join(word);
    let nested = format!("SELECT {}1{}", "(".repeat(5_000), ")".repeat(5_000));
    let unions = vec!["SELECT 1"; 5_000].join(" UNION ALL ");
    let joins = format!("SELECT 1 FROM telemetry{}", ", telemetry".repeat(300));
    let mut doubled = String::from("WITH a0 AS (SELECT 1 AS x FROM telemetry)");
    for level in 1..40 {
        doubled += &format!(", a{level} AS (SELECT p.x FROM a{0} p, a{0} q)", level - 1);
    }
    for sql in [
        format!("SELECT {}", joined("+", 50_000)),
        format!("SELECT 1 WHERE {}", vec!["true"; 5_000].join(" AND ")),
        format!("SELECT {}1", "- ".repeat(5_000)),
        format!("SELECT {}true", "NOT ".repeat(5_000)),
        nested,
        unions,
        joins,
        format!("{doubled} SELECT * FROM a39"),
    ] {
        let (state, words) = world.refused(&sql).await;
        assert!(
            ["54001", "54000"].contains(&state),
            "{:.60}: {state} {words}",
            sql
        );
    }
    let (state, _) = world
        .refused(&format!("SELECT '{}'", "x".repeat(300_000)))
        .await;
    assert_eq!(state, "54000");
}

/// The largest statement that is let through must fit the stack of a runtime's thread.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_deepest_allowed_statement_is_planned_and_run() {
    let world = World::small(Limits::default());
    let max = Limits::default().sql_operators_max;
    let engine = world.engine.clone();
    let sql = format!("SELECT {} AS n", vec!["1"; max + 1].join("+"));
    let sum = tokio::spawn(async move { engine.sql(crate::fake::ONE, &sql, Vec::new()).await });
    let answer = sum.await.expect("no panic").expect("answers");
    assert_eq!(
        answer.to_json().expect("has JSON"),
        format!(
            r#"{{"columns":[{{"name":"n","type":"bigint"}}],"rows":[[{}]]}}"#,
            max + 1
        )
    );

    let engine = world.engine.clone();
    let any = vec!["thing='a'"; max / 2].join(" OR ");
    let sql = format!("SELECT count(*) AS n FROM telemetry WHERE {any}");
    let answer = tokio::spawn(async move { engine.sql(crate::fake::ONE, &sql, Vec::new()).await });
    assert_eq!(answer.await.expect("no panic").expect("answers").rows(), 1);
}

/// An engine that spills into a folder of its own, with little memory for a statement.
fn spilling(bytes_max: u64, folder: &std::path::Path) -> World {
    let limits = Limits {
        statement_memory_bytes_max: 6 << 20,
        spill_bytes_max: bytes_max,
        statement_time_max: Duration::from_secs(300),
        ..Limits::default()
    };
    let host = Host {
        spill_folder: Some(folder.join("sql")),
        ..Host::default()
    };
    World::on(&host, limits)
}

#[tokio::test]
async fn what_does_not_fit_memory_goes_to_disk_and_leaves_nothing_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = spilling(1 << 30, folder.path());
    let many = "generate_series(1, 300000) AS a(x)";
    let sort = format!(
        "SELECT count(*), max(n) FROM (SELECT row_number() OVER (ORDER BY y) AS n FROM \
         (SELECT repeat('y', 60) || x::text AS y FROM {many}))"
    );
    assert_eq!(world.rows(&sort).await, json!([[300_000, 300_000]]));
    let groups = format!(
        "SELECT count(*), sum(n) FROM (SELECT x, repeat('y', 40) AS y, count(*) AS n FROM {many} \
         GROUP BY x, y)"
    );
    assert_eq!(world.rows(&groups).await, json!([[300_000, 300_000]]));
    let join = format!(
        "SELECT count(*), max(length(b.y)) FROM (SELECT x, repeat('y', 40) AS y FROM {many}) a \
         JOIN (SELECT x, repeat('z', 40) AS y FROM generate_series(1, 300000) AS b(x)) b \
         ON a.x = b.x"
    );
    assert_eq!(world.rows(&join).await, json!([[300_000, 40]]));
    let left = walk(&folder.path().join("sql"));
    assert!(left.is_empty(), "{left:?}");

    let small = spilling(64 << 10, folder.path());
    let (state, words) = small.refused(&sort).await;
    assert_eq!(state, "53100", "{words}");
    assert!(words.contains("spill_bytes_max"), "{words}");
}

/// The files under a folder.
fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        match entry.path() {
            path if path.is_dir() => files.extend(walk(&path)),
            path => files.push(path),
        }
    }
    files
}

#[tokio::test]
async fn growth_that_nests() {
    let world = World::small(Limits {
        function_bytes_max: 1 << 20,
        ..Limits::default()
    });
    for step in [
        "x || x",
        "concat(x, x)",
        "format('%1$s%1$s', x)",
        "replace(x, 'y', 'yy')",
        "regexp_replace(x, 'y', 'yy', 'g')",
        "array_to_string(make_array(x, x), ',')",
        "encode(x::bytea, 'hex')",
    ] {
        let mut sql = String::from("WITH a0 AS (SELECT repeat('y', 4000) AS x FROM telemetry)");
        for level in 1..10 {
            sql += &format!(", a{level} AS (SELECT {step} AS x FROM a{})", level - 1);
        }
        let (state, words) = world
            .refused(&format!("{sql} SELECT max(length(x)) FROM a9"))
            .await;
        assert_eq!(state, "54000", "{step}: {words}");
        assert!(words.contains("function_bytes_max"), "{step}: {words}");
    }
    assert_eq!(
        world
            .rows("SELECT 'a' || 1 || thing, NULL || 'x', thing || '' = 'b' FROM telemetry WHERE thing = 'b'")
            .await,
        json!([["a1b", null, true]])
    );
}

/// A chain of named queries, each a step over the one before it.
fn chain(levels: usize, first: &str, step: &str) -> String {
    let mut sql = format!("WITH a0 AS (SELECT {first} AS x FROM telemetry)");
    for level in 1..levels {
        sql += &format!(", a{level} AS (SELECT {step} AS x FROM a{})", level - 1);
    }
    format!("{sql} SELECT * FROM a{}", levels - 1)
}

/// What is put in place of columns level by level is planned, or refused: it never runs away.
#[tokio::test]
async fn forty_levels_are_planned_or_refused() {
    let world = World::small(Limits::default());
    for (first, step, condition) in [
        ("'y'", "encode(x::bytea, 'hex')", "true"),
        ("thing", "encode(x::bytea, 'hex')", "length(x) > 5"),
        ("thing", "x || x", "x > 'a'"),
        ("value", "x + x", "x > 5"),
        ("length(thing)", "x * x + 1", "x > 5"),
        ("thing", "concat(x, x)", "x > 'a'"),
        ("value", "CASE WHEN x > 1 THEN x - 1 ELSE x END", "x > 0"),
    ] {
        let (state, words) = world
            .refused(&format!("{} WHERE {condition}", chain(40, first, step)))
            .await;
        let named = words.contains("too complex") || words.contains("function_bytes_max");
        assert!(state.starts_with("54") && named, "{step}: {state} {words}");
    }
    for (first, step) in [
        ("thing", "upper(x)"),
        ("value", "x + 1"),
        ("length(thing)", "x - 2"),
    ] {
        let sql = format!("{} WHERE x IS NULL", chain(40, first, step));
        assert_eq!(world.rows(&sql).await, json!([]), "{step}");
    }
    let (state, words) = world.refused(&chain(70, "thing", "x")).await;
    assert_eq!(state, "54001", "{words}");
    assert!(words.contains("nests queries deeper than 64"), "{words}");
}
