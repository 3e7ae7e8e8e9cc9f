// SPDX-License-Identifier: Apache-2.0
//! Migrations on a database in memory.

use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use super::*;

const ONE: Migration = Migration {
    number: 1,
    name: "one",
    sql: "CREATE TABLE a (b BIGINT);",
};
const TWO: Migration = Migration {
    number: 2,
    name: "two",
    sql: "CREATE TABLE c (d TEXT); INSERT INTO c VALUES ('x');",
};

async fn memory() -> SqliteConnection {
    let options = SqliteConnectOptions::new().in_memory(true);
    options.connect().await.expect("a database in memory")
}

async fn rows_of_c(connection: &mut SqliteConnection) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM c")
        .fetch_one(connection)
        .await
        .expect("table c")
}

#[test]
fn numbers_have_no_gaps() {
    for (n, migration) in MIGRATIONS.iter().enumerate() {
        assert_eq!(migration.number, n as i64 + 1);
    }
}

#[tokio::test]
async fn each_is_applied_once() {
    let mut connection = memory().await;
    apply(&mut connection, &[ONE]).await.expect("first");
    apply(&mut connection, &[ONE, TWO]).await.expect("second");
    apply(&mut connection, &[ONE, TWO]).await.expect("nothing");
    assert_eq!(rows_of_c(&mut connection).await, 1);
}

#[tokio::test]
async fn a_newer_or_a_changed_one_is_refused() {
    let mut connection = memory().await;
    apply(&mut connection, &[ONE, TWO]).await.expect("both");
    let newer = apply(&mut connection, &[ONE]).await.unwrap_err();
    assert!(
        newer
            .to_string()
            .contains("newer release: it has migration 2"),
        "{newer}"
    );
    let other = Migration {
        sql: "CREATE TABLE a (b TEXT);",
        ..ONE
    };
    let changed = apply(&mut connection, &[other, TWO]).await.unwrap_err();
    assert!(
        changed.to_string().contains("migration 1 (one)"),
        "{changed}"
    );
}

#[tokio::test]
async fn a_failing_one_leaves_nothing() {
    let mut connection = memory().await;
    let broken = Migration {
        sql: "CREATE TABLE c (d TEXT); CREATE TABLE c (d TEXT);",
        ..TWO
    };
    assert!(apply(&mut connection, &[ONE, broken]).await.is_err());
    apply(&mut connection, &[ONE, TWO])
        .await
        .expect("the right one");
    assert_eq!(rows_of_c(&mut connection).await, 1);
}

#[tokio::test]
async fn a_hole_in_the_list_is_damage() {
    let mut connection = memory().await;
    apply(&mut connection, &[ONE, TWO]).await.expect("both");
    sqlx::query("DELETE FROM migrations WHERE number = 1")
        .execute(&mut connection)
        .await
        .expect("deleted");
    let error = apply(&mut connection, &[ONE, TWO]).await.unwrap_err();
    assert!(matches!(error, CatalogError::Damaged(_)), "{error}");
}

#[tokio::test]
async fn things_of_an_older_folder_keep_their_types() {
    let mut connection = memory().await;
    apply(&mut connection, &MIGRATIONS[..5]).await.expect("old");
    let fill = "INSERT INTO accounts VALUES ('000000000001', 'a', 0), ('999999999999', 'b', 0);
        INSERT INTO things VALUES
            ('000000000001', 'm1', 'id-1', 'meter', NULL, '{}', 1, 20),
            ('000000000001', 'm2', 'id-2', 'meter', NULL, '{}', 1, 10),
            ('000000000001', 'v1', 'id-3', NULL, NULL, '{}', 1, 5),
            ('999999999999', 'm1', 'id-4', 'meter', NULL, '{}', 1, 30);";
    sqlx::raw_sql(fill)
        .execute(&mut connection)
        .await
        .expect("filled");
    apply(&mut connection, MIGRATIONS).await.expect("new");
    let sql = "SELECT account, type_name, type_id, created_us, deprecated_us IS NULL \
               FROM thing_types ORDER BY account";
    let types: Vec<(String, String, String, i64, bool)> = sqlx::query_as(sql)
        .fetch_all(&mut connection)
        .await
        .expect("types");
    let meter = |account: &str, id: &str, created| {
        (account.into(), "meter".into(), id.into(), created, true)
    };
    let wanted = [
        meter("000000000001", "id-1", 10),
        meter("999999999999", "id-4", 30),
    ];
    assert_eq!(types, wanted);
}
