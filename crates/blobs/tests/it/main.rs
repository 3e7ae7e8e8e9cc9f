// SPDX-License-Identifier: Apache-2.0
//! The files backend under the port's suite, and what a crash leaves behind.

use std::sync::{Arc, Mutex};

use hw_blobs::FileBlobs;
use hw_kernel::Blobs;
use hw_kernel::port::blobs::Put;
use hw_kernel::testkit::blobs_suite;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conforms() {
    let folders = Mutex::new(Vec::new());
    blobs_suite::run(async || {
        let folder = tempfile::tempdir().expect("a folder");
        let blobs = FileBlobs::open(folder.path().join("deep/root")).expect("opens");
        folders.lock().expect("not poisoned").push(folder);
        Arc::new(blobs) as Arc<dyn Blobs>
    })
    .await;
}

#[tokio::test]
async fn half_written_objects_are_swept_and_whole_ones_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let blobs = FileBlobs::open(folder.path().to_owned()).expect("opens");
    blobs
        .put("a/b", "whole".into(), Put::IfAbsent)
        .await
        .expect("stored");
    let incoming = folder.path().join(".incoming");
    assert_eq!(std::fs::read_dir(&incoming).expect("there").count(), 0);
    std::fs::write(incoming.join("half"), b"ha").expect("written");
    assert_eq!(blobs.list("").await.expect("a list").len(), 1);
    let again = FileBlobs::open(folder.path().to_owned()).expect("opens");
    assert_eq!(std::fs::read_dir(&incoming).expect("there").count(), 0);
    assert_eq!(
        again.get("a/b", None).await.expect("there"),
        "whole".as_bytes()
    );
}

#[tokio::test]
async fn a_folder_in_the_way_is_an_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let blobs = FileBlobs::open(folder.path().to_owned()).expect("opens");
    blobs
        .put("a", "file".into(), Put::IfAbsent)
        .await
        .expect("stored");
    assert!(
        blobs
            .put("a/b", "below".into(), Put::Replace)
            .await
            .is_err()
    );
    blobs
        .put("c/d", "x".into(), Put::IfAbsent)
        .await
        .expect("stored");
    assert!(blobs.put("c", "over".into(), Put::Replace).await.is_err());
    let incoming = folder.path().join(".incoming");
    assert_eq!(std::fs::read_dir(&incoming).expect("there").count(), 0);
}
