// SPDX-License-Identifier: Apache-2.0
//! The files backend under the port's suite, and what a crash leaves behind.

use std::sync::{Arc, Mutex};

use hw_blobs::FileBlobs;
use hw_kernel::Blobs;
use hw_kernel::port::blobs::{BlobError, Put};
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

/// What the disk has changed is never given to a reader; what it has not, is.
#[tokio::test]
async fn a_flipped_bit_or_a_cut_is_damage_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let blobs = FileBlobs::open(folder.path().to_owned()).expect("opens");
    let bytes: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let put = blobs.put("t/x", bytes.clone().into(), Put::IfAbsent).await;
    put.expect("stored");
    let path = folder.path().join("t/x");
    let far = Some(1_000_000..1_000_100);

    let mut flipped = bytes.clone();
    flipped[100_000] ^= 4;
    std::fs::write(&path, &flipped).expect("changed in place");
    let damage = blobs.get("t/x", None).await.expect_err("damaged");
    let words = damage.to_string();
    assert!(matches!(damage, BlobError::Damaged { .. }), "{words}");
    assert!(
        words.contains("t/x") && words.contains("bytes 65536 to 131072"),
        "{words}"
    );
    assert!(
        blobs.get("t/x", Some(99_990..99_999)).await.is_err(),
        "the same block"
    );
    let rest = blobs
        .get("t/x", far.clone())
        .await
        .expect("the rest is as it was");
    assert_eq!(rest, bytes[1_000_000..1_000_100]);
    // Whoever asks for it as it is gets that, and what another store finds the damage by.
    let as_it_is = blobs.get_unchecked("t/x", Some(99_999..100_002)).await;
    assert_eq!(as_it_is.expect("unchecked"), flipped[99_999..100_002]);
    let checksums = blobs.checksums("t/x").await.expect("some");
    std::fs::write(folder.path().join("t/y"), &flipped).expect("copied");
    let copied = folder.path().join("t/y");
    assert!(hw_blobs::attach_as_they_were(&copied, &checksums).expect("attached"));
    assert!(blobs.get("t/y", None).await.is_err(), "damaged there too");
    assert!(blobs.get("t/y", far.clone()).await.is_ok());

    std::fs::write(&path, &bytes[..1_199_999]).expect("cut");
    let damage = blobs.get("t/x", far).await.expect_err("damaged");
    assert!(
        damage
            .to_string()
            .contains("1199999 bytes instead of 1200000"),
        "{damage}"
    );

    std::fs::write(&path, &bytes).expect("put back");
    assert_eq!(blobs.get("t/x", None).await.expect("whole again"), bytes);
}
