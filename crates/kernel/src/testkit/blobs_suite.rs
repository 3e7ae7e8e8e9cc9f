// SPDX-License-Identifier: Apache-2.0
//! Conformance suite of the blobs port: every promise of its docs.

use std::sync::Arc;

use bytes::Bytes;

use crate::port::blobs::{BlobError, Blobs, Put};

/// Runs every check, each on an empty store of its own.
pub async fn run(make: impl AsyncFn() -> Arc<dyn Blobs>) {
    if_absent_never_overwrites(make().await).await;
    replace_is_whole(make().await).await;
    ranges(&*make().await).await;
    lists_by_prefix(&*make().await).await;
    deleting(&*make().await).await;
    bad_keys(&*make().await).await;
    a_hold_keeps_what_is_deleted(&*make().await).await;
}

async fn put(blobs: &dyn Blobs, key: &str, text: &'static str) {
    let stored = blobs.put(key, Bytes::from_static(text.as_bytes()), Put::IfAbsent);
    stored.await.expect("stored");
}

/// Of many writers of one key exactly one succeeds, and the object is that one's.
async fn if_absent_never_overwrites(blobs: Arc<dyn Blobs>) {
    let writers = (0..8_u8).map(|n| {
        let blobs = Arc::clone(&blobs);
        tokio::spawn(async move {
            let bytes = vec![n; 1 << 16];
            (n, blobs.put("a/b/c", bytes.into(), Put::IfAbsent).await)
        })
    });
    let mut winner = None;
    for writer in writers.collect::<Vec<_>>() {
        match writer.await.expect("a writer ended well") {
            (n, Ok(())) => assert_eq!(winner.replace(n), None),
            (_, Err(BlobError::Exists(key))) => assert_eq!(key, "a/b/c"),
            (_, Err(other)) => panic!("neither stored nor taken: {other}"),
        }
    }
    let there = blobs.get("a/b/c", None).await.expect("there");
    assert_eq!(there, vec![winner.expect("a winner"); 1 << 16]);
}

/// Readers during replacements see one version, whole.
async fn replace_is_whole(blobs: Arc<dyn Blobs>) {
    const BYTES: usize = 100_000;
    let version = |n: u8| Bytes::from(vec![n; BYTES]);
    blobs.put("k", version(0), Put::Replace).await.expect("new");
    let other = Arc::clone(&blobs);
    let writer = tokio::spawn(async move {
        for n in 1..30 {
            let replaced = other.put("k", version(n), Put::Replace).await;
            replaced.expect("replaced");
        }
    });
    while !writer.is_finished() {
        let seen = blobs.get("k", None).await.expect("there");
        assert!(seen.len() == BYTES && seen.iter().all(|byte| *byte == seen[0]));
        tokio::task::yield_now().await;
    }
    writer.await.expect("the writer ended well");
    assert_eq!(blobs.get("k", None).await.expect("there"), version(29));
    assert_eq!(blobs.list("").await.expect("a list").len(), 1);
}

/// A range is cut at the object's end.
async fn ranges(blobs: &dyn Blobs) {
    put(blobs, "k", "0123456789").await;
    put(blobs, "empty", "").await;
    let cases = [
        ("k", 0..10, "0123456789"),
        ("k", 2..5, "234"),
        ("k", 8..99, "89"),
        ("k", 10..12, ""),
        ("k", 50..60, ""),
        ("k", 3..3, ""),
        ("k", 0..u64::MAX, "0123456789"),
        ("empty", 0..1, ""),
    ];
    for (key, range, text) in cases {
        let got = blobs.get(key, Some(range.clone())).await.expect("there");
        assert_eq!(got, text.as_bytes(), "{key} {range:?}");
    }
    assert_eq!(blobs.size("k").await.expect("there"), 10);
    assert_eq!(blobs.size("empty").await.expect("there"), 0);
    assert_eq!(blobs.get("empty", None).await.expect("there"), Bytes::new());
}

/// The prefix is of the text, not of folders; order is by key.
async fn lists_by_prefix(blobs: &dyn Blobs) {
    let keys = ["a", "b/c", "b/c.d", "b/cc/e", "b/d", "b0", "ß/ö x"];
    for key in keys.iter().rev() {
        put(blobs, key, "12").await;
    }
    let cases: [(&str, &[usize]); 9] = [
        ("", &[0, 1, 2, 3, 4, 5, 6]),
        ("b", &[1, 2, 3, 4, 5]),
        ("b/", &[1, 2, 3, 4]),
        ("b/c", &[1, 2, 3]),
        ("b/cc/", &[3]),
        ("b/c.d", &[2]),
        ("ß/", &[6]),
        ("nothing/", &[]),
        ("a/", &[]),
    ];
    for (prefix, wanted) in cases {
        let listed = blobs.list(prefix).await.expect("a list");
        let found: Vec<_> = listed.iter().map(|object| object.key.as_str()).collect();
        let wanted: Vec<_> = wanted.iter().map(|n| keys[*n]).collect();
        assert_eq!(found, wanted, "{prefix}");
        assert!(
            listed
                .iter()
                .all(|object| object.bytes == 2 && object.modified.0 > 0)
        );
    }
    assert!(blobs.url("b/c").contains("://") && blobs.url("b/c").ends_with("b/c"));
}

/// What is not there is named, and deleting it is fine.
async fn deleting(blobs: &dyn Blobs) {
    put(blobs, "a/b", "x").await;
    for key in ["a", "a/b/c", "a/c", "z"] {
        for missing in [
            blobs.get(key, None).await.map(|_| ()),
            blobs.size(key).await.map(|_| ()),
        ] {
            assert!(
                matches!(&missing, Err(BlobError::NotFound(named)) if named == key),
                "{key}: {missing:?}"
            );
        }
        blobs.delete("a/c").await.expect("fine");
    }
    blobs.delete("a/b").await.expect("deleted");
    blobs.delete("a/b").await.expect("fine");
    assert!(blobs.get("a/b", None).await.is_err());
    assert!(blobs.list("a").await.expect("a list").is_empty());
    put(blobs, "a/b", "y").await;
    assert_eq!(blobs.get("a/b", None).await.expect("there"), "y".as_bytes());
}

/// A key that could leave the store is refused by every call.
async fn bad_keys(blobs: &dyn Blobs) {
    let long = "x".repeat(5_000);
    for key in [
        "", "/a", "a/", "a//b", "..", "a/../b", "./a", "a\\b", "a\0", "a\n", &long,
    ] {
        let refused = [
            blobs.put(key, Bytes::new(), Put::Replace).await,
            blobs.get(key, None).await.map(|_| ()),
            blobs.size(key).await.map(|_| ()),
            blobs.delete(key).await,
        ];
        for answer in refused {
            assert!(
                matches!(answer, Err(BlobError::BadKey(_))),
                "{key:?}: {answer:?}"
            );
        }
    }
    assert!(matches!(blobs.list("../").await, Err(BlobError::BadKey(_))));
}

/// What is deleted under a hold can be read until the last one goes, unless it is stored anew.
async fn a_hold_keeps_what_is_deleted(blobs: &dyn Blobs) {
    for key in ["a/1", "a/2", "a/3"] {
        put(blobs, key, "x").await;
    }
    let (one, two) = (blobs.hold(), blobs.hold());
    blobs.delete("a/1").await.expect("deleted");
    blobs.delete("a/2").await.expect("deleted");
    blobs.delete("a/2").await.expect("deleted again");
    blobs.delete("a/none").await.expect("nothing to delete");
    drop(one);
    assert_eq!(blobs.get("a/1", None).await.expect("held"), "x".as_bytes());
    let anew = blobs.put("a/2", Bytes::from_static(b"y"), Put::Replace);
    anew.await.expect("stored anew");
    drop(two);
    let gone = blobs.get("a/1", None).await;
    assert!(matches!(gone, Err(BlobError::NotFound(_))), "{gone:?}");
    assert_eq!(blobs.get("a/2", None).await.expect("anew"), "y".as_bytes());
    blobs.delete("a/3").await.expect("deleted");
    assert!(blobs.get("a/3", None).await.is_err(), "no hold is left");
}
