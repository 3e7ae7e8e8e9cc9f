// SPDX-License-Identifier: Apache-2.0
//! Conformance suite of the catalog port: every promise of its docs, on the first release's schema.

use std::sync::Arc;

use crate::port::catalog::{Catalog, CatalogError, Expect, Row, Statement, Value};

const INSERT: &str = "INSERT INTO facts (name, value) VALUES ($1, $2)";
const SELECT: &str = "SELECT value FROM facts WHERE name = $1";

/// Runs every check, each on a catalog of its own: empty, with the schema of the first release.
pub async fn run(make: impl AsyncFn() -> Arc<dyn Catalog>) {
    all_or_none(&*make().await).await;
    expectations_roll_back(&*make().await).await;
    constraints_name_their_statement(&*make().await).await;
    returning_gives_rows(&*make().await).await;
    types_come_back(&*make().await).await;
    text_is_only_text(&*make().await).await;
    writers_are_serialised(make().await).await;
    a_write_given_up_leaves_nothing(make().await).await;
}

fn fact(name: &str, value: &str) -> Statement {
    Statement::new(INSERT, vec![name.into(), value.into()])
}

async fn value_of(catalog: &dyn Catalog, name: &str) -> Option<String> {
    let rows = catalog.read(SELECT, vec![name.into()]).await;
    let rows = rows.expect("a read");
    rows.first()
        .map(|row| row.text(0).expect("text").to_owned())
}

/// A write is seen by the next read; a failing statement takes the ones before it along.
async fn all_or_none(catalog: &dyn Catalog) {
    let outcomes = catalog
        .write(vec![fact("a", "1"), fact("b", "2")])
        .await
        .expect("two new rows");
    assert_eq!(outcomes.len(), 2);
    assert!(outcomes.iter().all(|outcome| outcome.rows_affected == 1));
    assert_eq!(value_of(catalog, "b").await.as_deref(), Some("2"));
    catalog
        .write(vec![fact("c", "3"), fact("a", "again")])
        .await
        .expect_err("a is there");
    assert_eq!(value_of(catalog, "c").await, None);
    assert_eq!(value_of(catalog, "a").await.as_deref(), Some("1"));
    let bad = Statement::new("INSERT INTO nowhere (x) VALUES (1)", vec![]);
    let error = catalog
        .write(vec![fact("c", "3"), bad])
        .await
        .expect_err("no such table");
    assert!(matches!(error, CatalogError::Engine(_)), "{error}");
    assert_eq!(value_of(catalog, "c").await, None);
    catalog
        .write(vec![fact("c", "3")])
        .await
        .expect("it goes on");
    assert!(catalog.write(vec![]).await.expect("nothing").is_empty());
}

/// Too few or too many rows: a conflict that says which statement, and nothing is changed.
async fn expectations_roll_back(catalog: &dyn Catalog) {
    const UPDATE: &str = "UPDATE facts SET value = $2 WHERE name = $1";
    let update = |name: &str| Statement::new(UPDATE, vec![name.into(), "new".into()]);
    catalog.write(vec![fact("a", "old")]).await.expect("a row");
    let list = vec![update("a").expecting(1), update("b").expecting(1)];
    match catalog.write(list).await {
        Err(CatalogError::Conflict {
            index: 1,
            expected: 1,
            found: 0,
        }) => {}
        other => panic!("not a conflict of statement 1: {other:?}"),
    }
    assert_eq!(value_of(catalog, "a").await.as_deref(), Some("old"));
    let none = catalog.write(vec![update("a").expecting(0)]).await;
    let conflict = none.expect_err("a row was found");
    assert!(matches!(conflict, CatalogError::Conflict { found: 1, .. }));
    let fine = catalog.write(vec![update("a").expecting(1), update("b").expecting(0)]);
    fine.await.expect("as expected");
    assert_eq!(value_of(catalog, "a").await.as_deref(), Some("new"));
}

/// Primary key, foreign key, check, not null: each a constraint of the right statement.
async fn constraints_name_their_statement(catalog: &dyn Catalog) {
    const ACCOUNT: &str = "INSERT INTO accounts (account, name, created_us) VALUES ($1, $2, 0)";
    const THING: &str = "INSERT INTO things (account, thing_name, thing_id, attributes, version, \
                         created_us) VALUES ($1, 't', 'id', '{}', 1, 0)";
    let first = || fact("unique", "1");
    let breaking = [
        first(),
        Statement::new(THING, vec!["999999999999".into()]),
        Statement::new(ACCOUNT, vec!["short".into(), "n".into()]),
        Statement::new(ACCOUNT, vec!["000000000001".into(), Value::Null]),
    ];
    for bad in breaking {
        let sql = bad.sql;
        match catalog.write(vec![first(), bad]).await {
            Err(CatalogError::Constraint { index: 1, .. }) => {}
            other => panic!("{sql}: not a constraint of statement 1: {other:?}"),
        }
    }
    assert_eq!(value_of(catalog, "unique").await, None);
}

/// `RETURNING` gives rows and is counted by them; a `SELECT` in a write counts what it finds.
async fn returning_gives_rows(catalog: &dyn Catalog) {
    const BUMP: &str = "INSERT INTO facts (name, value) VALUES ($1, $2) \
                        ON CONFLICT (name) DO UPDATE SET value = excluded.value \
                        RETURNING name, value";
    let bump = |value: &str| Statement::new(BUMP, vec!["n".into(), value.into()]).expecting(1);
    let outcomes = catalog.write(vec![bump("1"), bump("2")]).await;
    let outcomes = outcomes.expect("an insert and an update");
    assert_eq!(outcomes[1].returned, [Row(vec!["n".into(), "2".into()])]);
    let list = vec![
        fact("m", "1"),
        Statement::new(SELECT, vec!["nobody".into()]).expecting(0),
        Statement::new(SELECT, vec!["m".into()]).expecting(1),
        Statement::new("DELETE FROM facts WHERE name = $1", vec!["nobody".into()]).expecting(0),
    ];
    let outcomes = catalog.write(list).await.expect("the counts are their own");
    assert!(outcomes[0].returned.is_empty());
    let everything = Statement::new("DELETE FROM facts", vec![]);
    assert_eq!(everything.expect, Expect::Any);
    let outcomes = catalog.write(vec![everything]).await.expect("all gone");
    assert_eq!(outcomes[0].rows_affected, 2);
}

/// NULL, extreme numbers, any text and any bytes come back as they went in.
async fn types_come_back(catalog: &dyn Catalog) {
    const KEY: &str = "INSERT INTO server_secrets (name, certificate_pem, private_key_sealed, \
                       created_us) VALUES ($1, $2, $3, $4)";
    const BACK: &str = "SELECT certificate_pem, private_key_sealed, created_us, NULL \
                        FROM server_secrets WHERE name = $1";
    let every_byte: Vec<u8> = (0..=255).collect();
    let cases = [
        ("", vec![], 0),
        ("123", every_byte, i64::MAX),
        ("día 🌊 '\"; -- \u{1}", b"12.5".to_vec(), i64::MIN),
    ];
    for (text, bytes, number) in cases {
        let args = vec![
            text.into(),
            text.into(),
            bytes.clone().into(),
            number.into(),
        ];
        let write = catalog.write(vec![Statement::new(KEY, args)]).await;
        write.expect("a row");
        let rows = catalog.read(BACK, vec![text.into()]).await.expect("a read");
        let there = Row(vec![text.into(), bytes.into(), number.into(), Value::Null]);
        assert_eq!(rows, [there]);
        assert!(rows[0].text(2).is_err() && rows[0].int(9).is_err() && rows[0].bytes(0).is_err());
        assert_eq!(rows[0].text_or_null(3).expect("NULL"), None);
    }
    const REAL: &str = "SELECT CAST($1 AS DOUBLE PRECISION)";
    for number in [0.1, -2.5e300, 5e-324, 3.0] {
        let rows = catalog.read(REAL, vec![Value::Real(number)]).await;
        assert_eq!(rows.expect("a read"), [Row(vec![Value::Real(number)])]);
    }
}

/// An argument is never part of the statement, and may be used twice.
async fn text_is_only_text(catalog: &dyn Catalog) {
    const TWICE: &str = "SELECT value FROM facts WHERE name = $1 AND value <> $2 OR name = $1";
    let name = "x' OR '1'='1'; DROP TABLE facts; --";
    catalog
        .write(vec![fact(name, "1"), fact("y", "2")])
        .await
        .expect("rows");
    let rows = catalog.read(TWICE, vec![name.into(), "2".into()]).await;
    assert_eq!(rows.expect("a read"), [Row(vec!["1".into()])]);
}

/// Writers at once lose nothing: each read-and-change in one transaction sees the one before.
async fn writers_are_serialised(catalog: Arc<dyn Catalog>) {
    const COUNT: &str = "UPDATE lake_cursors SET committed_us = committed_us + 1";
    const START: &str = "INSERT INTO lake_cursors VALUES ('a', 't', '', '', 0)";
    const READ: &str = "SELECT committed_us FROM lake_cursors";
    const WRITERS: i64 = 8;
    const WRITES: i64 = 10;
    let start = catalog.write(vec![Statement::new(START, vec![])]).await;
    start.expect("a row");
    let writers = (0..WRITERS).map(|_| {
        let catalog = Arc::clone(&catalog);
        tokio::spawn(async move {
            for _ in 0..WRITES {
                let count = Statement::new(COUNT, vec![]).expecting(1);
                catalog.write(vec![count]).await.expect("a write");
                catalog.read(READ, vec![]).await.expect("a read");
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("a writer ended well");
    }
    let rows = catalog.read(READ, vec![]).await.expect("a read");
    assert_eq!(rows[0].int(0).expect("a count"), WRITERS * WRITES);
}

/// A caller that goes away midway leaves a whole transaction or none, and no lock.
async fn a_write_given_up_leaves_nothing(catalog: Arc<dyn Catalog>) {
    for round in 0..20_i64 {
        let list = vec![
            Statement::new(INSERT, vec![format!("a{round}").into(), "1".into()]),
            Statement::new(INSERT, vec![format!("b{round}").into(), "1".into()]),
        ];
        let (other, polls) = (Arc::clone(&catalog), round % 7);
        let write = tokio::spawn(async move { other.write(list).await });
        for _ in 0..polls {
            tokio::task::yield_now().await;
        }
        write.abort();
        let _ = write.await;
    }
    catalog
        .write(vec![fact("after", "1")])
        .await
        .expect("no lock is left");
    let all = catalog
        .read("SELECT name FROM facts ORDER BY name", vec![])
        .await;
    let names: Vec<_> = all.expect("a read").into_iter().map(|row| row.0).collect();
    for round in 0..20 {
        let has = |letter: char| names.contains(&vec![format!("{letter}{round}").into()]);
        assert_eq!(has('a'), has('b'), "{round}");
    }
}
