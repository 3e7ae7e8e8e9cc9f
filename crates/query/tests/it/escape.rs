// SPDX-License-Identifier: Apache-2.0
//! A generated test that tries to get out of an account: every function and table that there is,
//! names in every dress, and statements made from a grammar. Nothing of another account may come
//! back in an answer or in an error, no file of it may be read, and the port may not be asked.

use std::collections::BTreeSet;

use datafusion_pg_catalog::pg_catalog::PG_CATALOG_TABLES;
use hw_query::{Limits, Param};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::fake::{FOUR, MESSAGES, ONE, TELEMETRY, World, flow, message, other};

/// What stands in the other account's rows, in files and in its buffer. No statement contains it.
const MARKER: &str = "zq7marker";
/// A table that only the other account has.
const HIDDEN: &str = "zq7hidden";

const ALARMS: hw_kernel::port::tables::TableSpec = hw_kernel::port::tables::TableSpec {
    name: HIDDEN,
    ..TELEMETRY
};

fn world() -> World {
    let limits = Limits {
        statement_time_max: std::time::Duration::from_secs(20),
        ..Limits::default()
    };
    let world = World::small(limits);
    let rows = flow(&[(FOUR, MARKER, 7_777_777.0)]);
    world.file(other(), &TELEMETRY, MARKER, &rows);
    world.file(other(), &ALARMS, MARKER, &rows);
    world.tables.buffer(other(), &TELEMETRY, rows);
    let payload = format!("{{\"x\":\"{MARKER}\"}}");
    world.tables.buffer(
        other(),
        &MESSAGES,
        message(FOUR, MARKER, payload.as_bytes()),
    );
    world.tables.take_asked();
    world.blobs.take_read();
    world
}

/// Runs a statement as account one and looks at all that it leaves.
async fn stays_inside(world: &World, sql: &str, params: Vec<Param>) {
    let told = match world.engine.sql(ONE, sql, params).await {
        Ok(answer) => answer.to_json().unwrap_or_else(|error| error.to_string()),
        Err(error) => {
            let words = format!("{error} {}", error.sqlstate());
            let panicked = format!("{error:?}").contains("panic");
            assert!(!panicked, "{sql}: {error:?}");
            words
        }
    };
    // Payloads are bytes, and bytes are base64 in JSON.
    for secret in [MARKER, HIDDEN, "7777777", "enE3bWFya2Vy", "secret"] {
        assert!(!told.contains(secret), "{sql}\ntold {secret}: {told:.2000}");
    }
    if !sql.contains(&other().to_string()) {
        assert!(
            !told.contains(&other().to_string()),
            "{sql}\ntold: {told:.2000}"
        );
    }
    let asked = world.tables.take_asked();
    assert!(
        asked.is_subset(&BTreeSet::from([ONE])),
        "{sql}\nasked for {asked:?}"
    );
    let own = format!("lake/{ONE}/");
    let read = world.blobs.take_read();
    assert!(
        read.iter().all(|key| key.starts_with(&own)),
        "{sql}\nread {read:?}"
    );
}

const ARGUMENTS: &[&str] = &[
    "",
    "'/etc/passwd'",
    "'telemetry'",
    "1",
    "'000000000002'",
    "'lake/000000000002/telemetry/data/x.parquet'",
    "'public', 'telemetry'",
    "'a', 1",
    "1, 2",
    "thing",
    "value",
    "time",
    "thing, metric",
    "value, time",
    "'a', 'b', 'c'",
    "1, 2, 3",
    "NULL",
    "'file:///etc/passwd', 'x'",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_function_with_many_arguments() {
    let world = world();
    let context = world.engine.session(ONE);
    let state = context.state();
    let mut names: Vec<String> = state.scalar_functions().keys().cloned().collect();
    names.extend(state.aggregate_functions().keys().cloned());
    names.sort();
    assert!(names.len() > 200, "{} functions", names.len());
    for (index, name) in names.iter().enumerate() {
        // Each function with a few of the arguments, each of the arguments with many functions.
        let turns = (0..ARGUMENTS.len()).filter(|turn| (index + turn) % 5 == 0);
        for turn in turns {
            let arguments = ARGUMENTS[turn];
            let sql = format!("SELECT \"{name}\"({arguments}) FROM telemetry LIMIT 3");
            stays_inside(&world, &sql, Vec::new()).await;
        }
    }
    for name in state.window_functions().keys() {
        for arguments in ["", "thing", "value, 1"] {
            let sql = format!("SELECT \"{name}\"({arguments}) OVER (ORDER BY time) FROM telemetry");
            stays_inside(&world, &sql, Vec::new()).await;
        }
    }
    let tables: Vec<String> = state.table_functions().keys().cloned().collect();
    for known in &tables {
        assert!(
            ["generate_series", "range", "pg_get_keywords"].contains(&known.as_str()),
            "{known} is a table function that nobody has thought about here"
        );
    }
    let more = [
        "read_csv",
        "read_parquet",
        "parquet_metadata",
        "metadata_cache",
        "dblink",
        "pg_ls_dir",
    ];
    for name in tables.iter().map(String::as_str).chain(more) {
        for arguments in ARGUMENTS
            .iter()
            .filter(|a| !a.contains("thing") && !a.contains("value"))
        {
            let sql = format!("SELECT * FROM \"{name}\"({arguments}) LIMIT 3");
            stays_inside(&world, &sql, Vec::new()).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_table_of_the_system() {
    let world = world();
    for table in PG_CATALOG_TABLES {
        stays_inside(
            &world,
            &format!("SELECT * FROM pg_catalog.{table}"),
            Vec::new(),
        )
        .await;
        stays_inside(&world, &format!("SELECT count(*) FROM {table}"), Vec::new()).await;
    }
    for table in INFORMATION {
        let sql = format!("SELECT * FROM information_schema.{table}");
        stays_inside(&world, &sql, Vec::new()).await;
    }
}

const INFORMATION: &[&str] = &[
    "schemata",
    "tables",
    "columns",
    "views",
    "routines",
    "parameters",
    "table_constraints",
    "key_column_usage",
    "referential_constraints",
    "constraint_column_usage",
    "df_settings",
    "role_table_grants",
    "table_privileges",
    "column_privileges",
    "triggers",
    "sequences",
    "applicable_roles",
    "enabled_roles",
    "character_sets",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_in_every_dress() {
    let world = world();
    let catalogs = [
        "",
        "headwater.",
        "datafusion.",
        "\"000000000002\".",
        "\"\".",
        "\"*\".",
        "\"%\".",
    ];
    let schemas = [
        "",
        "public.",
        "\"000000000002\".",
        "pg_catalog.",
        "information_schema.",
        "\"public\".",
        "\"../000000000002\".",
        "\"public\u{0}\".",
        "\"\u{ff50}ublic\".",
        "PUBLIC.",
        "\"PUBLIC\".",
    ];
    let tables = [
        "telemetry",
        "\"telemetry\"",
        "\"TELEMETRY\"",
        "\"000000000002.telemetry\"",
        "\"000000000002/telemetry\"",
        "\"lake/000000000002/telemetry\"",
        "\"../telemetry\"",
        "\"telemetry\u{200b}\"",
        "\"\u{1d42d}elemetry\"",
        "'telemetry'",
        "U&\"tele\\006detry\"",
        "\"tele\"\"metry\"",
        "\"telemetry' OR '1'='1\"",
        "\"telemetry; SELECT 1\"",
        "\"telemetry--\"",
        "\"blobs://lake/lake/000000000002/telemetry\"",
    ];
    for catalog in catalogs {
        for schema in schemas {
            for table in tables {
                let sql = format!("SELECT * FROM {catalog}{schema}{table}");
                stays_inside(&world, &sql, Vec::new()).await;
            }
        }
    }
}

fn one_of(words: &'static [&'static str]) -> BoxedStrategy<String> {
    prop::sample::select(words).prop_map(str::to_owned).boxed()
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = one_of(&[
        "thing",
        "metric",
        "value",
        "time",
        "text",
        "topic",
        "payload",
        "qos",
        "1",
        "0",
        "'a'",
        "'000000000002'",
        "'%'",
        "NULL",
        "true",
        "now()",
        "current_user",
        "current_database()",
        "session_user",
        "$1",
        "relname",
        "table_name",
        "t.*",
        "interval '1 day'",
        "'telemetry'::regclass",
        "current_schemas(true)",
        "42",
        "-1",
        "'\\x00'::bytea",
        "ARRAY[1,2]",
        "'NaN'::float8",
    ]);
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (
                inner.clone(),
                one_of(&[
                    "+",
                    "-",
                    "*",
                    "/",
                    "||",
                    "=",
                    "<",
                    "<>",
                    "LIKE",
                    "~",
                    "AND",
                    "OR",
                    "IS DISTINCT FROM"
                ]),
                inner.clone()
            )
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            (
                one_of(&[
                    "count",
                    "max",
                    "min",
                    "sum",
                    "avg",
                    "array_agg",
                    "string_agg",
                    "first",
                    "last",
                    "lower",
                    "length",
                    "to_char",
                    "time_bucket",
                    "date_trunc",
                    "coalesce",
                    "concat",
                    "encode",
                    "obj_description",
                    "col_description",
                    "to_regclass",
                    "format_type",
                    "pg_get_userbyid",
                    "has_table_privilege",
                    "current_setting",
                    "set_config",
                    "pg_table_size",
                    "quote_ident",
                    "md5",
                    "arrow_typeof",
                    "named_struct",
                    "regexp_replace",
                    "version"
                ]),
                prop::collection::vec(inner.clone(), 0..3)
            )
                .prop_map(|(name, args)| format!("{name}({})", args.join(", "))),
            (
                inner.clone(),
                one_of(&[
                    "text",
                    "int",
                    "float8",
                    "timestamptz",
                    "bytea",
                    "regclass",
                    "oid",
                    "bool",
                    "text[]",
                    "json"
                ])
            )
                .prop_map(|(a, kind)| format!("({a})::{kind}")),
            inner
                .clone()
                .prop_map(|a| format!("CASE WHEN {a} IS NULL THEN {a} ELSE {a} END")),
            inner
                .clone()
                .prop_map(|a| format!("(SELECT {a} FROM telemetry LIMIT 1)")),
            inner.prop_map(|a| format!("{a} IN (SELECT thing FROM telemetry)")),
        ]
    })
}

fn relation() -> impl Strategy<Value = String> {
    let leaf = one_of(&[
        "telemetry",
        "messages",
        "events",
        "telemetry t",
        "public.telemetry",
        "headwater.public.telemetry t",
        "pg_class",
        "pg_catalog.pg_attribute a",
        "pg_namespace",
        "pg_database",
        "pg_roles",
        "pg_settings",
        "pg_stat_activity",
        "pg_tables",
        "pg_description",
        "pg_shadow",
        "pg_authid",
        "pg_user",
        "information_schema.tables",
        "information_schema.columns",
        "\"000000000002\".telemetry",
        "\"000000000002\".public.telemetry",
        "generate_series(1, 3) AS g(x)",
        "pg_get_keywords()",
        "unnest(ARRAY['a','000000000002']) AS u(x)",
        "'/etc/passwd'",
        "read_parquet('lake/000000000002/*')",
        "(VALUES (1, 'a')) v(a, b)",
    ]);
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (
                inner.clone(),
                one_of(&[",", "CROSS JOIN", "NATURAL JOIN", "JOIN LATERAL"]),
                inner.clone()
            )
                .prop_map(|(a, join, b)| format!("{a} {join} {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} LEFT JOIN {b} ON true")),
            inner.prop_map(|a| format!("(SELECT * FROM {a} LIMIT 5) sub")),
        ]
    })
}

/// Selects that mean something: what is read is there, and what is compared is of one type.
fn sane() -> impl Strategy<Value = String> {
    let text = one_of(&[
        "thing",
        "metric",
        "lower(thing)",
        "coalesce(text, 'x')",
        "thing || metric",
        "'a'",
    ]);
    let number = one_of(&[
        "value",
        "value * 2",
        "1",
        "length(thing)",
        "extract(epoch FROM time)",
        "abs(value)",
    ]);
    let time = one_of(&[
        "time",
        "now()",
        "time_bucket('1 hour', time)",
        "date_trunc('day', time)",
    ]);
    let any = prop_oneof![text.clone(), number.clone(), time.clone()].boxed();
    let filter = prop_oneof![
        (text.clone(), one_of(&["=", "<>", "<", "LIKE", "~"]), text)
            .prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        (number.clone(), one_of(&["=", "<", ">="]), number)
            .prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        (time.clone(), one_of(&["<", ">"]), time).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        Just("thing IN (SELECT thing FROM telemetry)".to_owned()),
    ];
    let aggregate = one_of(&[
        "count(*)",
        "max(thing)",
        "array_agg(thing)",
        "string_agg(metric, ',')",
        "last(value, time)",
        "first(thing, time)",
        "min(time)",
        "approx_percentile(0.5, value)",
    ]);
    prop_oneof![
        (prop::collection::vec(any.clone(), 1..4), filter.clone()).prop_map(
            |(columns, filter)| format!(
                "SELECT {} FROM telemetry WHERE {filter}",
                columns.join(", ")
            )
        ),
        (any, aggregate, filter).prop_map(|(key, value, filter)| {
            format!("SELECT {key}, {value} FROM telemetry t WHERE {filter} GROUP BY 1 ORDER BY 1")
        }),
        one_of(&[
            "pg_class",
            "pg_attribute",
            "pg_type",
            "pg_roles",
            "pg_settings",
            "information_schema.tables",
            "information_schema.columns",
            "messages",
            "pg_stat_activity",
            "pg_description"
        ])
        .prop_map(|table| format!("SELECT * FROM {table} ORDER BY 1, 2")),
    ]
}

fn statement() -> impl Strategy<Value = String> {
    let select = (
        prop::collection::vec(prop_oneof![Just("*".to_owned()), expression()], 1..3),
        relation(),
        prop::option::of(expression()),
        prop::option::of(expression()),
    )
        .prop_map(|(columns, relation, filter, group)| {
            let filter = filter.map(|f| format!(" WHERE {f}")).unwrap_or_default();
            let group = group.map(|g| format!(" GROUP BY {g}")).unwrap_or_default();
            format!(
                "SELECT {} FROM {relation}{filter}{group}",
                columns.join(", ")
            )
        });
    let plain = select.boxed();
    prop_oneof![
        8 => sane(),
        6 => plain.clone(),
        1 => (one_of(&["EXPLAIN", "EXPLAIN VERBOSE", "EXPLAIN ANALYZE", "EXPLAIN ANALYZE VERBOSE", "EXPLAIN FORMAT TREE"]), plain.clone())
            .prop_map(|(explain, select)| format!("{explain} {select}")),
        1 => (plain.clone(), one_of(&["UNION", "UNION ALL", "EXCEPT", "INTERSECT"]), plain.clone())
            .prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        1 => (plain.clone(), plain.clone()).prop_map(|(a, b)| format!("WITH q AS ({a}) SELECT * FROM q, ({b}) r")),
        1 => plain.clone().prop_map(|select| format!("COPY ({select}) TO '/tmp/out'")),
        1 => plain.clone().prop_map(|select| format!("CREATE VIEW v AS {select}")),
        1 => plain.prop_map(|select| format!("PREPARE p AS {select}")),
        1 => one_of(&[
            "SHOW ALL", "SHOW search_path", "SET search_path = '000000000002'", "SHOW TABLES", "SHOW FUNCTIONS",
            "SET datafusion.catalog.default_schema = '000000000002'", "USE \"000000000002\"", "DESCRIBE telemetry",
            "CREATE EXTERNAL TABLE x STORED AS PARQUET LOCATION 'lake/000000000002'", "SET ROLE \"000000000002\"",
            "SET SESSION AUTHORIZATION '000000000002'", "DO $$ SELECT 1 $$", "CALL x()", "LOAD 'x'",
            "SELECT * FROM telemetry; SELECT * FROM telemetry",
        ]),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_from_a_grammar() {
    let world = world();
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(300);
    let seed = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), seed);
    let mut answered = 0;
    for _ in 0..cases {
        let sql = statement()
            .new_tree(&mut runner)
            .expect("a statement")
            .current();
        stays_inside(&world, &sql, vec![Param::Text("a".into())]).await;
        stays_inside(&world, &sql, Vec::new()).await;
        answered += usize::from(world.engine.sql(ONE, &sql, Vec::new()).await.is_ok());
        world.tables.take_asked();
        world.blobs.take_read();
    }
    assert!(
        answered * 5 > cases,
        "only {answered} of {cases} statements mean anything"
    );
}
