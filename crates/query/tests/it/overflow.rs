// SPDX-License-Identifier: Apache-2.0
//! Whole numbers that leave their type are errors, as in PostgreSQL, wherever they are worked out:
//! at planning, in rows, in groups, in windows, with bound values.

use hw_query::{Limits, Param};
use serde_json::{Value, json};

use crate::fake::{FOUR, MESSAGES, ONE, TELEMETRY, World, flow, message};

const MAX: &str = "9223372036854775807";

/// Two messages of 12 bytes each, and points to count.
fn world() -> World {
    let world = World::with(Limits::default());
    for time in [FOUR, FOUR + 1] {
        let row = message(time, "/things/a", b"twelve bytes");
        world.tables.buffer(ONE, &MESSAGES, row);
    }
    world
        .tables
        .buffer(ONE, &TELEMETRY, flow(&[(FOUR, "a", 1.0)]));
    world
}

async fn out_of_range(world: &World, sql: &str, kind: &str) {
    let (state, words) = world.refused(sql).await;
    assert_eq!(
        (state, words),
        ("22003", format!("{kind} out of range")),
        "{sql}"
    );
}

#[tokio::test]
async fn what_leaves_its_type_is_an_error() {
    let world = world();
    for sql in [
        format!("SELECT {MAX} + 1"),
        format!("SELECT -{MAX} - 2"),
        format!("SELECT {MAX} * 2"),
        format!("SELECT -(-{MAX} - 1)"),
        format!("SELECT abs(-{MAX} - 1)"),
        format!("SELECT (-{MAX} - 1) / -1"),
        format!("SELECT size + {MAX} FROM messages"),
        format!("SELECT {MAX} + size FROM messages"),
        format!("SELECT -{MAX} - size FROM messages"),
        format!("SELECT size * {MAX} FROM messages"),
        format!("SELECT size * size * {MAX} FROM messages"),
        format!("SELECT -(-{MAX} - 13 + size) FROM messages"),
        format!("SELECT qos + {MAX} FROM messages"),
        format!("SELECT 1 FROM messages WHERE size + {MAX} > 0"),
        format!("SELECT size + {MAX}, count(*) FROM messages GROUP BY 1"),
        format!("SELECT count(*) + {MAX} FROM messages"),
        format!("SELECT max(size + {MAX}) FROM messages"),
        format!("SELECT topic FROM messages ORDER BY size + {MAX}"),
        format!("SELECT 1 FROM messages a JOIN messages b ON a.size + {MAX} = b.size"),
        format!("SELECT (SELECT max(size) + {MAX} FROM messages) AS m"),
        format!("SELECT CASE WHEN size > 0 THEN size + {MAX} END FROM messages"),
        format!("SELECT * FROM (VALUES ({MAX} + 1)) AS v(x)"),
        format!("SELECT sum(size + {MAX} - 12) FROM messages"),
        format!("SELECT topic, sum(size + {MAX} - 12) FROM messages GROUP BY topic"),
        format!("SELECT sum(size + {MAX} - 12) FILTER (WHERE qos > 0) FROM messages"),
        format!("SELECT sum(size + {MAX} - 12) OVER (ORDER BY time) FROM messages"),
        format!(
            "SELECT sum(size + {MAX} - 12) OVER (ORDER BY time ROWS BETWEEN 1 PRECEDING AND \
             CURRENT ROW) FROM messages"
        ),
        format!("SELECT sum(DISTINCT x) FROM (VALUES ({MAX}), (1)) AS v(x)"),
        format!("SELECT row_number() OVER () + {MAX} FROM messages"),
        "SELECT 1e19::bigint".to_owned(),
        "SELECT '9223372036854775808'::numeric::bigint".to_owned(),
    ] {
        out_of_range(&world, &sql, "bigint").await;
    }
    for sql in [
        "SELECT qos + 2147483647::integer FROM messages",
        "SELECT qos * 2147483647::integer + qos FROM messages",
        "SELECT -(-2147483648::integer)",
        "SELECT 3000000000::integer",
    ] {
        out_of_range(&world, sql, "integer").await;
    }
    // A table's arguments are worked out before there is a plan.
    let sql = format!("SELECT * FROM generate_series(1, {MAX} + 2) AS v(x)");
    let (state, words) = world.refused(&sql).await;
    assert_eq!(
        (state, words.as_str()),
        ("22023", "Argument #2 must be an INTEGER or NULL")
    );
    out_of_range(&world, "SELECT 32767::smallint + 1::smallint", "smallint").await;
}

#[tokio::test]
async fn what_stays_within_is_what_it_was() {
    let world = world();
    for (sql, want) in [
        (format!("SELECT {MAX} - 1 + 1"), json!([[i64::MAX]])),
        (format!("SELECT -{MAX} - 1"), json!([[i64::MIN]])),
        (
            "SELECT -(5), - -5, abs(-5), +5".into(),
            json!([[-5, 5, 5, 5]]),
        ),
        (
            "SELECT (-9223372036854775807 - 1) % -1".into(),
            json!([[0]]),
        ),
        (
            "SELECT NULL + 1, 1 - NULL, -NULL::bigint".into(),
            json!([[null, null, null]]),
        ),
        (
            "SELECT size - 2 * size + 7, -size FROM messages LIMIT 1".into(),
            json!([[-5, -12]]),
        ),
        (
            "SELECT 1 + 0.5, 2 * 1.5::double precision".into(),
            json!([[1.5, 3.0]]),
        ),
        ("SELECT 7 / 2, 7 % 4, -7 / 2".into(), json!([[3, 3, -3]])),
        (
            "SELECT sum(size), sum(qos) FROM messages".into(),
            json!([[24, 2]]),
        ),
        (
            "SELECT sum(size), sum(DISTINCT size) FROM messages GROUP BY topic".into(),
            json!([[24, 12]]),
        ),
        (
            "SELECT sum(DISTINCT size), count(DISTINCT qos) FROM messages".into(),
            json!([[12, 1]]),
        ),
        (
            "SELECT sum(size) FROM messages WHERE false".into(),
            json!([[null]]),
        ),
        (
            "SELECT sum(size) OVER (ORDER BY time) FROM messages ORDER BY 1".into(),
            json!([[12], [24]]),
        ),
        (
            "SELECT sum(size) OVER (ORDER BY time ROWS BETWEEN CURRENT ROW AND CURRENT ROW) \
             FROM messages"
                .into(),
            json!([[12], [12]]),
        ),
        // What overflows on its way and comes back is right: sums are exact.
        (
            format!("SELECT sum(x) FROM (VALUES ({MAX}), (1), (-1)) AS v(x)"),
            json!([[i64::MAX]]),
        ),
        (
            "SELECT size + 1 AS n, count(*) FROM messages GROUP BY size + 1".into(),
            json!([[13, 2]]),
        ),
        (
            "SELECT topic FROM messages ORDER BY time LIMIT 1 + 0 OFFSET 3 - 2".into(),
            json!([["/things/a"]]),
        ),
        (
            "SELECT x FROM generate_series(1 + 1, 2 * 2 - 1) AS v(x)".into(),
            json!([[2], [3]]),
        ),
        (
            "SELECT array_length(make_array(1, 2)) + 1, length('abc') - 1".into(),
            json!([[3, 2]]),
        ),
        (
            "SELECT '2019-02-21'::date + 1, '2019-02-22'::date - '2019-02-21'::date".into(),
            json!([["2019-02-22", 1]]),
        ),
        (
            "SELECT count(*) FROM messages GROUP BY 1 + 4".into(),
            json!([[2]]),
        ),
        (
            "SELECT count(*), 1 / 0 FROM messages WHERE false GROUP BY topic".into(),
            json!([]),
        ),
        (
            "SELECT sum(1) FROM messages a JOIN messages b ON a.size + 1 = b.size + 1".into(),
            json!([[4]]),
        ),
    ] {
        assert_eq!(world.rows(&sql).await, want, "{sql}");
    }
}

#[tokio::test]
async fn bound_values_too() {
    let world = world();
    for sql in [
        "SELECT $1 + 1",
        "SELECT $1 * size FROM messages",
        "SELECT 1 + $1::bigint",
    ] {
        let asked = world.engine.sql(ONE, sql, vec![Param::Int(i64::MAX)]).await;
        let refused = asked
            .err()
            .map(|error| (error.sqlstate(), error.to_string()));
        assert_eq!(
            refused,
            Some(("22003", "bigint out of range".into())),
            "{sql}"
        );
        let fits = world.engine.sql(ONE, sql, vec![Param::Int(3)]).await;
        let json: Value =
            serde_json::from_str(&fits.expect(sql).to_json().expect("has JSON")).expect("is JSON");
        assert_eq!(json["columns"][0]["type"], "bigint", "{sql}");
    }
}

/// In files, where conditions are looked at by the reader of Parquet.
#[tokio::test]
async fn conditions_on_files_too() {
    let world = World::small(Limits::default());
    for (condition, state) in [
        (format!("length(thing) + {MAX} > 0"), "22003"),
        ("1 / (length(thing) - 1) > 0".to_owned(), "22012"),
        ("thing::bigint > 0".to_owned(), "22P02"),
    ] {
        let sql = format!("SELECT count(*) FROM telemetry WHERE {condition}");
        let refused = world.refused(&sql).await;
        assert_eq!(refused.0, state, "{condition}: {}", refused.1);
    }
}

/// The engine's own numbers without a sign are told as bigint: what is above is no bigint.
#[tokio::test]
async fn names_and_types_of_columns_are_what_they_were() {
    let world = world();
    let sql = "SELECT size + 1, size * 2 AS twice, -size, sum(size), qos + qos FROM messages GROUP BY size, qos";
    let answer = world.engine.sql(ONE, sql, Vec::new()).await.expect(sql);
    let told = answer
        .columns
        .iter()
        .map(|column| (column.name.as_str(), column.type_name.as_str()));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("?column?", "bigint"),
            ("twice", "bigint"),
            ("?column?", "bigint"),
            ("sum", "bigint"),
            ("?column?", "integer"),
        ]
    );
}
