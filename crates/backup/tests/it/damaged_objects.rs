// SPDX-License-Identifier: Apache-2.0
//! Objects that are damaged when a backup is made.

use std::path::Path;

use hw_backup::{Archive, ArchiveError, BackupError, Damaged, Manifest, Nowhere, freeze, write};
use hw_blobs::FileBlobs;
use hw_kernel::Blobs;
use hw_kernel::port::blobs::BlobError;
use tokio::runtime::Handle;

use crate::house::{House, unpacked};

const SMALL: &str = "lake/000000000001/t/data/small";

fn large() -> String {
    format!("lake/{}/large", "long".repeat(40))
}

fn flip(file: &Path, at: usize) {
    let mut bytes = std::fs::read(file).expect("there");
    bytes[at] ^= 1;
    std::fs::write(file, bytes).expect("changed in place");
}

async fn made(house: &House, damaged: Damaged) -> Result<(Manifest, Vec<u8>), BackupError> {
    let frozen = freeze(&house.source(), damaged).await?;
    let runtime = Handle::current();
    let work = move || {
        let mut out = Vec::new();
        write(frozen, &mut out, &runtime).map(|manifest| (manifest, out))
    };
    tokio::task::spawn_blocking(work).await.expect("ended well")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_refused_by_name_or_copied_and_stay_damaged() {
    let house = House::furnished().await;
    let blobs = house.root.path().join("blobs");
    for (key, at) in [(SMALL.to_owned(), 3), (large(), 66_000)] {
        let name = format!("blobs/{key}");
        flip(&blobs.join(&key), at);
        let refused = made(&house, Damaged::Refuse).await.expect_err("refused");
        let told = refused.to_string();
        assert!(
            told.contains(&name) && told.contains("--with-damaged"),
            "{told}"
        );

        let (manifest, archive) = made(&house, Damaged::Copy).await.expect("made");
        assert_eq!(manifest.about.format, 2);
        let named: Vec<_> = manifest.damaged().map(|file| &file.name).collect();
        assert_eq!(named, [&name]);
        let to = house.root.path().join(format!("restored-{at}"));
        unpacked(&archive, &to).expect("unpacked");
        let file = to.join(&name);
        assert_eq!(
            std::fs::read(&file).ok(),
            std::fs::read(blobs.join(&key)).ok()
        );
        let facts = manifest.damaged().next().expect("one");
        let checksums = facts.damaged_checksums().expect("some");
        let kept = hw_blobs::attach_as_they_were(&file, &checksums);
        assert!(
            kept.expect("attached"),
            "this test needs extended attributes"
        );
        let restored = FileBlobs::open(to.join("blobs")).expect("opens");
        let read = restored.get(&key, None).await;
        assert!(matches!(read, Err(BlobError::Damaged { .. })), "{read:?}");
        if at > 65_536 {
            let rest = restored.get(&key, Some(0..1_000)).await;
            rest.expect("what is not damaged can be read as ever");
        }
        flip(&blobs.join(&key), at);
    }
    let (manifest, _) = made(&house, Damaged::Refuse).await.expect("whole again");
    assert_eq!((manifest.about.format, manifest.damaged().count()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checksums_that_are_damaged_themselves_stay_so() {
    let house = House::furnished().await;
    let file = house.root.path().join("blobs").join(SMALL);
    hw_blobs::attach_as_they_were(&file, b"nonsense").expect("attached");
    let (manifest, _) = made(&house, Damaged::Copy).await.expect("made");
    let facts = manifest.damaged().next().expect("one");
    assert_eq!(facts.damaged_checksums().as_deref(), Some(&b"nonsense"[..]));
}

/// The first entry says that none is: then the manifest may name none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_named_only_where_they_may_be() {
    let house = House::furnished().await;
    flip(&house.root.path().join("blobs").join(SMALL), 3);
    let (_, archive) = made(&house, Damaged::Copy).await.expect("made");
    let text = br#""format": 2,"#;
    let mut bad = archive.clone();
    let found: Vec<_> = (0..bad.len() - text.len())
        .filter(|at| bad[*at..].starts_with(text))
        .collect();
    assert_eq!(found.len(), 2, "in the first entry and in the last");
    found.iter().for_each(|at| bad[at + 10] = b'1');
    let read = |archive: &[u8]| Archive::open(archive)?.read(&mut Nowhere);
    read(&archive).expect("whole");
    assert!(matches!(read(&bad), Err(ArchiveError::Damaged(_))));
}
