// SPDX-License-Identifier: Apache-2.0
//! A session sees its account and nothing else, and changes nothing.

use hw_kernel::Tables;
use hw_query::Limits;
use serde_json::json;

use crate::fake::{MESSAGES, World, other};

#[tokio::test]
async fn other_accounts_do_not_exist() {
    let world = World::small(Limits::default());
    world
        .tables
        .ensure(other(), &MESSAGES)
        .await
        .expect("makes");
    for sql in [
        "SELECT * FROM telemetry WHERE thing = 'secret'",
        "SELECT * FROM headwater.public.telemetry WHERE value = 42",
        "SELECT table_name FROM information_schema.tables WHERE table_name NOT IN ('telemetry', 'messages')",
        "SELECT * FROM information_schema.columns WHERE table_schema <> 'public'",
        "SELECT relname FROM pg_catalog.pg_class WHERE relname NOT IN ('telemetry', 'messages')",
        "SELECT nspname FROM pg_namespace WHERE nspname NOT IN ('public', 'pg_catalog', 'information_schema')",
        "SELECT datname FROM pg_database WHERE datname <> 'headwater'",
        "SELECT rolname FROM pg_roles WHERE rolname NOT IN ('headwater', '000000000001')",
    ] {
        assert_eq!(world.rows(sql).await, json!([]), "{sql}");
    }
    for name in [
        "\"000000000002\".telemetry",
        "headwater.\"000000000002\".telemetry",
        "\"000000000002\".public.telemetry",
        "datafusion.public.telemetry",
        "\"lake/000000000002/telemetry\"",
    ] {
        let (state, words) = world.refused(&format!("SELECT * FROM {name}")).await;
        assert_eq!(state, "42P01", "{words}");
    }
}

#[tokio::test]
async fn files_are_out_of_reach() {
    let world = World::small(Limits::default());
    for sql in [
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM \"/etc/passwd\"",
        "SELECT * FROM 'file:///etc/passwd'",
        "SELECT * FROM \"blobs://lake/lake/000000000002/telemetry/data/x.parquet\"",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_parquet('/etc/passwd')",
        "SELECT * FROM parquet_metadata('/etc/passwd')",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT pg_ls_dir('/')",
        "SELECT lo_import('/etc/passwd')",
    ] {
        let (state, words) = world.refused(sql).await;
        assert!(
            ["42P01", "42883", "42601"].contains(&state),
            "{sql}: {state} {words}"
        );
    }
    assert_eq!(world.blobs.take_read().len(), 0);
}

#[tokio::test]
async fn nothing_can_be_changed() {
    let world = World::small(Limits::default());
    for sql in [
        "CREATE TABLE x AS SELECT 1",
        "CREATE TABLE x (a int)",
        "CREATE VIEW v AS SELECT * FROM telemetry",
        "CREATE SCHEMA s",
        "CREATE DATABASE d",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1",
        "DROP TABLE telemetry",
        "ALTER TABLE telemetry ADD COLUMN x int",
        "TRUNCATE telemetry",
        "INSERT INTO telemetry (thing) VALUES ('x')",
        "UPDATE telemetry SET value = 1",
        "DELETE FROM telemetry",
        "COPY telemetry TO '/tmp/out.csv'",
        "COPY (SELECT 1) TO '/tmp/out.parquet'",
        "COPY telemetry FROM '/etc/passwd'",
        "SELECT * INTO x FROM telemetry",
        "SELECT * FROM telemetry FOR UPDATE",
        "WITH x AS (DELETE FROM telemetry RETURNING *) SELECT * FROM x",
        "EXPLAIN INSERT INTO telemetry (thing) VALUES ('x')",
        "EXPLAIN ANALYZE DELETE FROM telemetry",
        "GRANT ALL ON telemetry TO x",
        "VACUUM",
    ] {
        let (state, words) = world.refused(sql).await;
        assert_eq!(state, "25006", "{sql}: {words}");
    }
    for sql in [
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'",
        "SET datafusion.runtime.memory_limit = '100G'",
        "SET datafusion.execution.target_partitions = 1000",
        "PREPARE p AS SELECT 1",
        "SELECT 1; SELECT 2",
        "",
    ] {
        let (state, words) = world.refused(sql).await;
        assert!(
            ["42601", "42704", "0A000"].contains(&state),
            "{sql}: {state} {words}"
        );
    }
    assert_eq!(
        world.rows("SELECT count(*) FROM telemetry").await,
        json!([[5]])
    );
}

#[tokio::test]
async fn words_for_people_have_no_insides() {
    let world = World::small(Limits::default());
    for (sql, state, words) in [
        ("SELEC 1", "42601", "syntax error: "),
        (
            "SELECT nope FROM telemetry",
            "42703",
            "column \"nope\" does not exist",
        ),
        ("SELECT nope(1)", "42883", "function nope does not exist"),
        ("SELECT 1/0", "22012", "division by zero"),
        ("SELECT 'x'::int", "22P02", "Cannot cast string 'x'"),
    ] {
        let (got, text) = world.refused(sql).await;
        assert_eq!(got, state, "{sql}: {text}");
        assert!(text.starts_with(words), "{text}");
        assert!(!text.to_lowercase().contains("datafusion"), "{text}");
    }
}
