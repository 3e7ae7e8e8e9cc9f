// SPDX-License-Identifier: Apache-2.0
//! The SQLite backend under the port's suite, and what is its own: files, restarts, damage.

use std::path::Path;
use std::sync::{Arc, Mutex};

use hw_catalog::{SqliteCatalog, open_url};
use hw_kernel::Catalog;
use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_kernel::testkit::catalog_suite;

const INSERT: &str = "INSERT INTO facts (name, value) VALUES ($1, 'v')";
const COUNT: &str = "SELECT count(*) FROM facts";

async fn open(path: &Path) -> SqliteCatalog {
    SqliteCatalog::open(path).await.expect("opens")
}

async fn insert(catalog: &dyn Catalog, name: &str) -> Result<(), CatalogError> {
    let insert = Statement::new(INSERT, vec![name.into()]);
    catalog.write(vec![insert]).await.map(|_| ())
}

async fn count(catalog: &dyn Catalog) -> i64 {
    let rows = catalog.read(COUNT, vec![]).await.expect("a read");
    rows[0].int(0).expect("a count")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conforms() {
    let folders = Mutex::new(Vec::new());
    catalog_suite::run(async || {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}/catalog.sqlite", folder.path().display());
        folders.lock().expect("not poisoned").push(folder);
        open_url(&url).await.expect("opens") as Arc<dyn Catalog>
    })
    .await;
}

#[tokio::test]
async fn comes_back_after_close_and_after_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("catalog.sqlite");
    let wal = folder.path().join("catalog.sqlite-wal");
    let first = open(&path).await;
    insert(&first, "a").await.expect("written");
    first.close().await.expect("closed");
    assert!(!wal.exists(), "a clean close leaves one file");
    assert!(insert(&first, "b").await.is_err(), "closed is closed");

    let second = open(&path).await;
    assert_eq!(count(&second).await, 1);
    insert(&second, "b").await.expect("written");
    // Another connection keeps the write-ahead log, as a killed process would.
    let third = open(&path).await;
    assert!(wal.exists());
    assert_eq!(count(&third).await, 2);
}

#[tokio::test]
async fn reading_cannot_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let catalog = open(&folder.path().join("catalog.sqlite")).await;
    assert!(catalog.read(INSERT, vec!["a".into()]).await.is_err());
    assert_eq!(count(&catalog).await, 0);
}

#[tokio::test]
async fn damage_and_strangers_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("catalog.sqlite");
    std::fs::write(
        &path,
        b"this is not a database, but long enough to be looked at",
    )
    .expect("written");
    let error = SqliteCatalog::open(&path).await.unwrap_err();
    assert!(matches!(error, CatalogError::Damaged(_)), "{error}");
    for url in ["postgres://host/db", "sqlite://relative", "x"] {
        assert!(open_url(url).await.is_err(), "{url}");
    }
}

#[tokio::test]
async fn a_full_disk_is_said_and_survived() {
    let folder = tempfile::tempdir().expect("a folder");
    let catalog = open(&folder.path().join("catalog.sqlite")).await;
    let limit = |pages| Statement::new(pages, vec![]);
    // SQLite's own limit answers as a full disk does.
    let set = catalog
        .write(vec![limit("PRAGMA max_page_count = 1")])
        .await;
    set.expect("a limit");
    let big = "x".repeat(1 << 20);
    let full = insert(&catalog, &big).await;
    assert!(matches!(full, Err(CatalogError::Full)), "{full:?}");
    assert_eq!(count(&catalog).await, 0);
    insert(&catalog, &big)
        .await
        .expect("a new connection, without the limit");
    assert_eq!(count(&catalog).await, 1);
}
