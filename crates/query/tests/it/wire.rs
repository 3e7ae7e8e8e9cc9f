// SPDX-License-Identifier: Apache-2.0
//! The wire through a driver: types, bound values, portals, transactions, SQLSTATEs, cancelling.

use std::time::{Duration, SystemTime};

use hw_query::{Limits, PgLimits};
use tokio_postgres::types::Type;
use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::fake::{FOUR, HOUR, World};
use crate::server::{KEY, OTHER_KEY, Server};

fn at(micros: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(micros as u64)
}

async fn small() -> Server {
    Server::start(World::small(Limits::default()), PgLimits::default()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn types_and_values_in_binary() {
    let server = small().await;
    let client = server.connect(KEY).await.expect("connects");
    let sql = "SELECT time, thing, value FROM telemetry WHERE thing = $1 AND time > $2 AND value < $3 ORDER BY time";
    let statement = client.prepare(sql).await.expect("prepares");
    assert_eq!(
        statement.params(),
        [Type::TEXT, Type::TIMESTAMPTZ, Type::FLOAT8]
    );
    let types: Vec<&Type> = statement
        .columns()
        .iter()
        .map(|column| column.type_())
        .collect();
    assert_eq!(types, [&Type::TIMESTAMPTZ, &Type::TEXT, &Type::FLOAT8]);
    let rows = client
        .query(&statement, &[&"a", &at(FOUR), &9.0_f64])
        .await
        .expect("reads");
    let got: Vec<(SystemTime, f64)> = rows.iter().map(|row| (row.get(0), row.get(2))).collect();
    assert_eq!(got, [(at(FOUR + HOUR), 3.0), (at(FOUR + 2 * HOUR), 4.5)]);

    let row = client
        .query_one("SELECT * FROM messages", &[])
        .await
        .expect("reads");
    let types: Vec<u32> = row
        .columns()
        .iter()
        .map(|column| column.type_().oid())
        .collect();
    assert_eq!(types, [1184, 25, 23, 16, 17, 20]);
    assert_eq!(row.get::<_, &[u8]>("payload"), b"{\"flow\":1}\x00\xff");
    assert_eq!(
        (row.get::<_, i32>("qos"), row.get::<_, bool>("retain")),
        (1, false)
    );
    let null = client
        .query_one(
            "SELECT $1::float8 AS x, $2::timestamptz",
            &[&None::<f64>, &at(FOUR)],
        )
        .await
        .expect("reads");
    assert_eq!(
        (null.get::<_, Option<f64>>(0), null.get::<_, SystemTime>(1)),
        (None, at(FOUR))
    );
    let list = client
        .query(
            "SELECT thing FROM telemetry WHERE thing = ANY($1::text[])",
            &[&vec!["b", "c"]],
        )
        .await
        .expect("reads");
    assert_eq!(list.len(), 2);
    let limited = client
        .query("SELECT 1 FROM telemetry LIMIT $1", &[&2_i64])
        .await
        .expect("reads");
    assert_eq!(limited.len(), 2);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_connection_is_its_account() {
    let server = small().await;
    let other = server.connect(OTHER_KEY).await.expect("connects");
    let rows = other
        .query("SELECT thing FROM telemetry", &[])
        .await
        .expect("reads");
    assert_eq!(
        rows.iter().map(|row| row.get(0)).collect::<Vec<&str>>(),
        ["secret"]
    );
    let none = other
        .query("SELECT * FROM messages", &[])
        .await
        .expect_err("has none");
    assert_eq!(none.code().expect("an SQLSTATE").code(), "42P01");
    let user = other
        .query_one("SELECT current_user, current_database()", &[])
        .await
        .expect("reads");
    assert_eq!(
        (user.get::<_, &str>(0), user.get::<_, &str>(1)),
        ("ann", "headwater")
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn portals_give_rows_in_portions() {
    let server = small().await;
    let mut client = server.connect(KEY).await.expect("connects");
    let transaction = client.transaction().await.expect("begins");
    let sql = "SELECT time FROM telemetry ORDER BY time";
    let portal = transaction.bind(sql, &[]).await.expect("binds");
    let mut counts = Vec::new();
    for _ in 0..4 {
        counts.push(
            transaction
                .query_portal(&portal, 2)
                .await
                .expect("reads")
                .len(),
        );
    }
    assert_eq!(counts, [2, 2, 1, 0]);
    transaction.commit().await.expect("ends");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_have_their_sqlstates_and_the_connection_goes_on() {
    let server = small().await;
    let client = server.connect(KEY).await.expect("connects");
    for (sql, state) in [
        ("SELECT * FROM nope", "42P01"),
        ("SELECT nope FROM telemetry", "42703"),
        ("SELECT nope(1)", "42883"),
        ("SELEC 1", "42601"),
        ("INSERT INTO telemetry (thing) VALUES ('x')", "25006"),
        ("CREATE TABLE x (y int)", "25006"),
        ("BEGIN READ WRITE", "25006"),
        ("SET nope = 1", "42704"),
        ("DECLARE c CURSOR FOR SELECT 1", "25P01"),
        ("SELECT 1/0", "22012"),
    ] {
        let simple = client.simple_query(sql).await.expect_err(sql);
        assert_eq!(
            simple.code().expect("an SQLSTATE").code(),
            state,
            "{sql}: {simple:?}"
        );
        let extended = client.query(sql, &[]).await.expect_err(sql);
        assert_eq!(
            extended.code().expect("an SQLSTATE").code(),
            state,
            "{sql}: {extended:?}"
        );
    }
    let rows = client
        .query(
            "SELECT 1 FROM telemetry WHERE thing = $1 OR thing = $2",
            &[&"a", &"b"],
        )
        .await
        .expect("goes on");
    assert_eq!(rows.len(), 4);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_settings_and_several_statements() {
    let server = small().await;
    let client = server.connect(KEY).await.expect("connects");
    let one = |messages: Vec<SimpleQueryMessage>| {
        messages.into_iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        })
    };
    client
        .batch_execute("SET statement_timeout = '5s'; BEGIN; SELECT 1; COMMIT")
        .await
        .expect("runs");
    let shown = client
        .simple_query("SHOW statement_timeout")
        .await
        .expect("shows");
    assert_eq!(one(shown).as_deref(), Some("5s"));
    let shown = client
        .query_one("SELECT current_setting('server_version')", &[])
        .await;
    assert_eq!(shown.expect("reads").get::<_, &str>(0), "15.0");

    client.batch_execute("BEGIN").await.expect("begins");
    client
        .batch_execute("SELECT nope")
        .await
        .expect_err("fails");
    let refused = client
        .batch_execute("SELECT 1")
        .await
        .expect_err("the transaction has failed");
    assert_eq!(refused.code().expect("an SQLSTATE").code(), "25P02");
    client.batch_execute("ROLLBACK").await.expect("ends");

    let half = client.simple_query("SELECT 7; SELECT nope; SELECT 8").await;
    assert_eq!(
        half.expect_err("the second fails")
            .code()
            .expect("an SQLSTATE")
            .code(),
        "42703"
    );
    client
        .batch_execute("DISCARD ALL; DEALLOCATE ALL; RESET ALL; ;")
        .await
        .expect("runs");
    let shown = client
        .simple_query("SHOW statement_timeout")
        .await
        .expect("shows");
    assert_eq!(one(shown).as_deref(), Some("0"));
    server.stop().await;
}

const ENDLESS: &str = "SELECT count(*) FROM generate_series(1, 1000000) AS a(x), \
                       generate_series(1, 1000000) AS b(y) WHERE x % 7 = y % 11";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_can_be_cancelled_and_time_out() {
    let server = small().await;
    let client = server.connect(KEY).await.expect("connects");
    client
        .batch_execute("SET statement_timeout = 200")
        .await
        .expect("sets");
    let late = client
        .batch_execute(ENDLESS)
        .await
        .expect_err("takes too long");
    let late = late.as_db_error().expect("from the server");
    assert_eq!(
        (late.code().code(), late.message()),
        (
            "57014",
            "canceling statement due to statement timeout (200 ms)"
        )
    );

    client
        .batch_execute("RESET statement_timeout")
        .await
        .expect("sets");
    let token = client.cancel_token();
    let run = client.batch_execute(ENDLESS);
    // A request that comes before the statement is for nothing: it is repeated until heard.
    let cancel = async {
        loop {
            token.cancel_query(NoTls).await.expect("is heard");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let cancelled =
        tokio::select! { done = run => done.expect_err("is cancelled"), () = cancel => return };
    let cancelled = cancelled.as_db_error().expect("from the server");
    assert_eq!(
        (cancelled.code().code(), cancelled.message()),
        ("57014", "canceling statement due to user request")
    );
    client.batch_execute("SELECT 1").await.expect("goes on");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_tools_ask_of_the_catalogs() {
    let server = small().await;
    let client = server.connect(KEY).await.expect("connects");
    let attributes = "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute \
                      WHERE attrelid = 'telemetry'::regclass AND attnum > 0 ORDER BY attnum LIMIT 1";
    let row = client.query_one(attributes, &[]).await.expect("reads");
    assert_eq!(
        (row.get::<_, &str>(0), row.get::<_, &str>(1)),
        ("time", "timestamp with time zone")
    );
    let doc = "SELECT obj_description('public.telemetry'::regclass::oid, 'pg_class')";
    let row = client.query_one(doc, &[]).await.expect("reads");
    assert_eq!(row.get::<_, &str>(0), "A row per leaf of a JSON payload.");
    let doc = "SELECT description FROM pg_description d JOIN pg_class c ON c.oid = d.objoid \
               WHERE c.relname = 'messages' AND d.objsubid = 5";
    assert_eq!(
        client
            .query_one(doc, &[])
            .await
            .expect("reads")
            .get::<_, &str>(0),
        "The payload."
    );
    let columns = "SELECT data_type FROM information_schema.columns \
                   WHERE table_name = $1 ORDER BY ordinal_position";
    let rows = client.query(columns, &[&"messages"]).await.expect("reads");
    let types: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    let want = [
        "timestamp with time zone",
        "text",
        "integer",
        "boolean",
        "bytea",
        "bigint",
    ];
    assert_eq!(types, want);
    let row = client
        .query_one("SELECT $1, version() LIKE 'PostgreSQL 15%'", &[&"x"])
        .await;
    let row = row.expect("reads");
    assert_eq!((row.get::<_, &str>(0), row.get::<_, bool>(1)), ("x", true));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cursors_and_prepared_statements_of_sql() {
    let server = small().await;
    let client = server.connect(KEY).await.expect("connects");
    let rows = async |sql: &str| -> Vec<String> {
        let messages = client.simple_query(sql).await.expect(sql);
        let row = |message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        messages.into_iter().filter_map(row).collect()
    };
    let state = async |sql: &str| match client.simple_query(sql).await {
        Ok(_) => panic!("{sql} is done"),
        Err(error) => error.code().expect("an SQLSTATE").code().to_owned(),
    };
    rows("PREPARE p(float8) AS SELECT thing FROM telemetry WHERE value = $1").await;
    assert_eq!(rows("EXECUTE p(1 + 1)").await, ["b"]);
    assert_eq!(state("PREPARE p AS SELECT 1").await, "42P05");
    assert_eq!(state("EXECUTE p").await, "08P01");
    rows("DEALLOCATE p").await;
    assert_eq!(state("EXECUTE p(2)").await, "26000");

    assert_eq!(state("DECLARE c CURSOR FOR SELECT 1").await, "25P01");
    rows("BEGIN; DECLARE c NO SCROLL CURSOR FOR SELECT x FROM generate_series(1, 20000) AS s(x) ORDER BY x").await;
    assert_eq!(rows("FETCH 2 FROM c").await, ["1", "2"]);
    assert_eq!(rows("FETCH NEXT FROM c").await, ["3"]);
    assert_eq!(
        rows("FETCH FORWARD 9000 FROM c")
            .await
            .last()
            .map(String::as_str),
        Some("9003")
    );
    assert_eq!(rows("FETCH ALL FROM c").await.len(), 20_000 - 9_003);
    assert!(rows("FETCH ALL FROM c").await.is_empty());
    rows("CLOSE c; COMMIT").await;
    rows("BEGIN; DECLARE c CURSOR FOR SELECT 1; COMMIT").await;
    assert_eq!(state("FETCH ALL FROM c").await, "34000");
    rows("DECLARE h CURSOR WITH HOLD FOR SELECT 1").await;
    assert_eq!(rows("FETCH ALL FROM h").await, ["1"]);
    assert_eq!(state("FETCH BACKWARD 1 FROM h").await, "55000");
    rows("CLOSE ALL").await;

    let wrong = client
        .simple_query("SELECT 1,\n  nope FROM telemetry")
        .await;
    let wrong = wrong.expect_err("has no such column");
    let place = wrong
        .as_db_error()
        .and_then(|error| error.position().cloned());
    assert_eq!(
        place,
        Some(tokio_postgres::error::ErrorPosition::Original(13))
    );
    server.stop().await;
}
