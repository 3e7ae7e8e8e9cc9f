// SPDX-License-Identifier: Apache-2.0
//! Time in SQL: buckets, zones, first and last, patterns; and what is refused, with what helps.

use hw_query::Limits;
use serde_json::json;

use crate::fake::World;

#[tokio::test]
async fn buckets() {
    let world = World::small(Limits::default());
    for (sql, want) in [
        (
            "SELECT time_bucket('1 hour', time) AS t, count(*) FROM telemetry GROUP BY t ORDER BY t",
            json!([
                ["2019-02-21T16:00:00.000000Z", 2],
                ["2019-02-21T17:00:00.000000Z", 1],
                ["2019-02-21T18:00:00.000000Z", 2]
            ]),
        ),
        (
            "SELECT time_bucket(INTERVAL '1 month', time, 'Europe/Zurich') FROM telemetry LIMIT 1",
            json!([["2019-01-31T23:00:00.000000Z"]]),
        ),
        (
            "SELECT time_bucket('300.000s', '2019-02-21 16:14:10Z'::timestamptz), \
             time_bucket('1 day', '2019-02-21 16:14:10'::timestamp), \
             time_bucket('1 week', date '2019-02-21'), time_bucket(10, 47), time_bucket(10, 47, 5)",
            json!([[
                "2019-02-21T16:10:00.000000Z",
                "2019-02-21T00:00:00.000000",
                "2019-02-18",
                40,
                45
            ]]),
        ),
        (
            "SELECT time_bucket('1 day', '2019-02-21 16:14:10Z'::timestamptz, \"offset\" => '6 hours'), \
             time_bucket('1 day', '2019-02-21 23:14:10Z'::timestamptz, timezone => 'Europe/Zurich'), \
             time_bucket('1 week', '2019-02-21 23:14:10Z'::timestamptz, '2000-01-02'::timestamptz)",
            json!([[
                "2019-02-21T06:00:00.000000Z",
                "2019-02-21T23:00:00.000000Z",
                "2019-02-17T00:00:00.000000Z"
            ]]),
        ),
        ("SELECT time_bucket('1 hour', NULL)", json!([[null]])),
        (
            "SELECT date_bin('15 minutes', '2019-02-21 16:14:10Z'::timestamptz, '2001-01-01 00:00Z'::timestamptz)",
            json!([["2019-02-21T16:00:00.000000Z"]]),
        ),
    ] {
        assert_eq!(world.rows(sql).await, want, "{sql}");
    }
    for (sql, state) in [
        ("SELECT time_bucket('0 hours', now())", "22023"),
        ("SELECT time_bucket('1 month 1 day', now())", "22023"),
        ("SELECT time_bucket('nonsense', now())", "22007"),
        (
            "SELECT time_bucket('1 day', now(), 'Middle/Earth')",
            "22023",
        ),
        (
            "SELECT time_bucket('1 day', 'x', 'y', 'z', 'u', 'v')",
            "42883",
        ),
        (
            "SELECT time_bucket_gapfill('1 day', time) FROM telemetry",
            "0A000",
        ),
        ("SELECT locf(value) FROM telemetry", "0A000"),
        ("SELECT histogram(value, 0, 1, 5) FROM telemetry", "0A000"),
    ] {
        let (got, words) = world.refused(sql).await;
        assert_eq!(got, state, "{sql}: {words}");
    }
}

#[tokio::test]
async fn first_last_and_percentiles() {
    let world = World::small(Limits::default());
    for (sql, want) in [
        (
            "SELECT thing, first(value, time), last(value, time) FROM telemetry \
             WHERE thing < 'c' GROUP BY thing ORDER BY thing",
            json!([["a", 1.0, 4.5], ["b", 2.0, 2.0]]),
        ),
        (
            "SELECT last FROM (SELECT last(thing, time) FROM telemetry WHERE value < 4)",
            json!([["a"]]),
        ),
        (
            "SELECT approx_percentile(0.5, value), percentile_cont(0.5) WITHIN GROUP (ORDER BY value) \
             FROM telemetry WHERE value < 4",
            json!([[2.0, 2.0]]),
        ),
    ] {
        assert_eq!(world.rows(sql).await, want, "{sql}");
    }
}

#[tokio::test]
async fn zones_and_patterns() {
    let world = World::small(Limits::default());
    for (sql, want) in [
        (
            "SELECT '2024-07-01 10:00Z'::timestamptz AT TIME ZONE 'Europe/Zurich', \
             '2024-07-01 10:00:00'::timestamp AT TIME ZONE 'Europe/Zurich'",
            json!([["2024-07-01T12:00:00.000000", "2024-07-01T08:00:00.000000Z"]]),
        ),
        (
            "SELECT date_trunc('day', '2024-03-31 22:30Z'::timestamptz, 'Europe/Zurich')",
            json!([["2024-03-31T22:00:00.000000Z"]]),
        ),
        (
            "SELECT extract(hour FROM time AT TIME ZONE 'America/New_York')::int FROM telemetry ORDER BY time LIMIT 1",
            json!([[11]]),
        ),
        (
            "SELECT to_char(time, 'YYYY-MM-DD HH24:MI TZ'), to_char(time AT TIME ZONE 'Asia/Tokyo', \
             'FMDay DDth Mon') FROM telemetry ORDER BY time LIMIT 1",
            json!([["2019-02-21 16:00 UTC", "Friday 22nd Feb"]]),
        ),
        (
            "SELECT count(*) FROM telemetry WHERE time >= '2019-02-21 16:30' AND time < '2019-02-21T18:00Z'",
            json!([[1]]),
        ),
        (
            "SELECT to_timestamp(1550764800.5), to_timestamp(1550764800) = '2019-02-21 16:00Z'::timestamptz",
            json!([["2019-02-21T16:00:00.500000Z", true]]),
        ),
        (
            "SELECT floor(extract(epoch FROM time) / 300) * 300 AS time, max(value) FROM telemetry \
             WHERE time BETWEEN '2019-02-21T16:00:00Z' AND '2019-02-21T17:30:00Z' GROUP BY 1 ORDER BY 1",
            json!([[1_550_764_800.0, 2.0], [1_550_768_400.0, 3.0]]),
        ),
    ] {
        assert_eq!(world.rows(sql).await, want, "{sql}");
    }
    for (sql, state) in [
        ("SELECT now() AT TIME ZONE 'Middle/Earth'", "22023"),
        ("SELECT to_char(now(), '%Y-%m')", "22007"),
        ("SELECT to_char(1.5, '9D9')", "42883"),
        ("SELECT to_timestamp('2019', 'YYYY')", "42883"),
    ] {
        let (got, words) = world.refused(sql).await;
        assert_eq!(got, state, "{sql}: {words}");
    }
}
