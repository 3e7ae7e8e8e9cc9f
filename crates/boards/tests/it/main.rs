// SPDX-License-Identifier: Apache-2.0
//! Documents over a real catalog.

use std::sync::Arc;

use hw_boards::{BODY_BYTES_MAX, Boards, BoardsError, Kind, New};
use hw_kernel::port::catalog::Statement;
use hw_kernel::port::clock::SystemClock;
use hw_model::AccountId;

const OURS: AccountId = AccountId::FIRST;
const THEIRS: AccountId = AccountId::MAX;

async fn boards() -> (tempfile::TempDir, Boards) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite://{}", folder.path().join("catalog.db").display());
    let catalog = hw_catalog::open_url(&url).await.expect("a catalog");
    for account in [OURS, THEIRS] {
        let sql = "INSERT INTO accounts (account, name, created_us) VALUES ($1, 'a', 0)";
        let insert = Statement::new(sql, vec![account.into()]);
        catalog.write(vec![insert]).await.expect("an account");
    }
    (
        folder,
        Boards::new(catalog, Arc::new(SystemClock::default())),
    )
}

fn new<'a>(id: &'a str, body: &'a str) -> New<'a> {
    New {
        id,
        title: "Water",
        body,
        by: "ada",
    }
}

#[tokio::test]
async fn who_is_slower_is_told_and_loses_nothing() {
    let (_folder, boards) = boards().await;
    let made = boards
        .create(OURS, Kind::Dashboard, &new("water", "{}"))
        .await
        .expect("made");
    assert_eq!(made.listed.version, 1);
    let first = boards
        .replace(OURS, Kind::Dashboard, &new("water", "[1]"), 1)
        .await;
    assert_eq!(first.expect("changed").listed.version, 2);
    let second = boards
        .replace(OURS, Kind::Dashboard, &new("water", "[2]"), 1)
        .await;
    let refused = second.expect_err("an older version");
    assert!(
        matches!(
            refused,
            BoardsError::Version {
                expected: 1,
                found: 2,
                ..
            }
        ),
        "{refused}"
    );
    let kept = boards
        .document(OURS, Kind::Dashboard, "water")
        .await
        .expect("there");
    assert_eq!(kept.body, "[1]");
    let deleted = boards.delete(OURS, Kind::Dashboard, "water", Some(1)).await;
    assert!(matches!(deleted, Err(BoardsError::Version { .. })));
    boards
        .delete(OURS, Kind::Dashboard, "water", Some(2))
        .await
        .expect("deleted");
}

#[tokio::test]
async fn accounts_and_kinds_do_not_meet() {
    let (_folder, boards) = boards().await;
    boards
        .create(OURS, Kind::Dashboard, &new("water", "{}"))
        .await
        .expect("made");
    for (account, kind) in [(THEIRS, Kind::Dashboard), (OURS, Kind::Query)] {
        let read = boards.document(account, kind, "water").await;
        assert!(matches!(read, Err(BoardsError::Missing { .. })));
        let changed = boards.replace(account, kind, &new("water", "[]"), 1).await;
        assert!(matches!(changed, Err(BoardsError::Missing { .. })));
        let deleted = boards.delete(account, kind, "water", None).await;
        assert!(matches!(deleted, Err(BoardsError::Missing { .. })));
        assert!(
            boards
                .list(account, kind, None, 10)
                .await
                .expect("a list")
                .documents
                .is_empty()
        );
    }
    let again = boards
        .create(OURS, Kind::Dashboard, &new("water", "{}"))
        .await;
    assert!(matches!(again, Err(BoardsError::Exists { .. })));
}

#[tokio::test]
async fn lists_come_page_by_page() {
    let (_folder, boards) = boards().await;
    for number in 0..5 {
        let id = format!("board-{number}");
        boards
            .create(OURS, Kind::Query, &new(&id, "{}"))
            .await
            .expect("made");
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = boards
            .list(OURS, Kind::Query, after.as_deref(), 2)
            .await
            .expect("a page");
        seen.extend(page.documents.into_iter().map(|one| one.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(
        seen,
        ["board-0", "board-1", "board-2", "board-3", "board-4"]
    );
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let (_folder, boards) = boards().await;
    let long = "x".repeat(BODY_BYTES_MAX + 1);
    for (new, words) in [
        (new("", "{}"), "an id is"),
        (new("Water", "{}"), "an id is"),
        (new("../x", "{}"), "an id is"),
        (
            New {
                title: "  ",
                ..new("water", "{}")
            },
            "a title has",
        ),
        (new("water", &long), "body_bytes_max"),
    ] {
        let refused = boards.create(OURS, Kind::Dashboard, &new).await;
        let text = refused.expect_err("refused").to_string();
        assert!(text.contains(words), "{text}");
    }
}
