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

/// A killed server's files: the folder as it is while the catalog is open.
fn killed(folder: &Path) -> tempfile::TempDir {
    let image = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(folder).expect("a list") {
        let from = entry.expect("an entry").path();
        // The index is made anew by the first who opens the file.
        if !from.to_string_lossy().ends_with("-shm") {
            let name = from.file_name().expect("a name");
            std::fs::copy(&from, image.path().join(name)).expect("copied");
        }
    }
    image
}

/// Waits until the pages of all writes are in the database and have checksums.
async fn settled(folder: &Path) {
    let wal = folder.join("catalog.sqlite-wal");
    while std::fs::metadata(&wal).is_ok_and(|about| about.len() > 0) {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).expect("there");
    bytes[at] ^= 1;
    std::fs::write(path, bytes).expect("written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_in_any_page_is_found_before_anybody_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let catalog = open(&folder.path().join("catalog.sqlite")).await;
    for number in 0..200 {
        insert(&catalog, &format!("fact number {number}"))
            .await
            .expect("written");
    }
    settled(folder.path()).await;
    let size = std::fs::metadata(folder.path().join("catalog.sqlite"))
        .expect("there")
        .len();
    for at in (0..size as usize).step_by(1_999) {
        let image = killed(folder.path());
        let path = image.path().join("catalog.sqlite");
        flip(&path, at);
        let error = SqliteCatalog::open(&path)
            .await
            .expect_err("refused")
            .to_string();
        let page = format!("page {}", at / 4096 + 1);
        assert!(
            error.contains("damaged") && error.contains(&page),
            "{at}: {error}"
        );
    }
    let image = killed(folder.path());
    let whole = open(&image.path().join("catalog.sqlite")).await;
    assert_eq!(count(&whole).await, 200);
}

/// What comes behind damage in the write-ahead log is not forgotten in silence; a torn end is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_in_the_middle_of_the_log_is_told_from_a_torn_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let catalog = open(&folder.path().join("catalog.sqlite")).await;
    settled(folder.path()).await;
    for number in 0..20 {
        insert(&catalog, &format!("fact number {number}"))
            .await
            .expect("written");
    }
    let image = killed(folder.path());
    let wal = image.path().join("catalog.sqlite-wal");
    let bytes = std::fs::read(&wal).expect("there");
    assert!(bytes.len() > 32 + 10 * (24 + 4096), "written a moment ago");
    for at in [0, 17, 40, 700, bytes.len() / 2] {
        flip(&wal, at);
        let opened = SqliteCatalog::open(&image.path().join("catalog.sqlite")).await;
        let error = opened.expect_err("refused").to_string();
        assert!(error.contains("-wal is damaged"), "{at}: {error}");
        flip(&wal, at);
    }
    std::fs::write(&wal, &bytes[..bytes.len() - 10]).expect("torn");
    let torn = open(&image.path().join("catalog.sqlite")).await;
    assert_eq!(count(&torn).await, 19);
}

/// A program that is closed by a failure empties the log without us: that is no damage.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_programs_last_close_is_no_damage() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("catalog.sqlite");
    let catalog = open(&path).await;
    insert(&catalog, "a").await.expect("written");
    let image = killed(folder.path());
    let copy = image.path().join("catalog.sqlite");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&copy);
    let stranger = sqlx::ConnectOptions::connect(&options)
        .await
        .expect("opens");
    sqlx::Connection::close(stranger)
        .await
        .expect("closes, and empties the log");
    let again = open(&copy).await;
    assert_eq!(count(&again).await, 1);
    insert(&again, "b").await.expect("written");
    again.close().await.expect("closed");
    flip(&copy, 5_000);
    assert!(SqliteCatalog::open(&copy).await.is_err(), "guarded again");
}
