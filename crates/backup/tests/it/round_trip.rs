// SPDX-License-Identifier: Apache-2.0
//! What goes in comes out, as of one moment, and other programs can read it.

use std::io::{Read, Write};
use std::process::Command;
use std::sync::Arc;

use hw_backup::{Archive, Folder, Nowhere, Opener, Sealer, is_sealed};
use hw_blobs::FileBlobs;
use hw_kernel::port::clock::SystemClock;
use hw_kernel::port::log::Stream;
use hw_kernel::{Blobs, Log};
use hw_log::{SegmentLog, Settings};

use crate::house::{House, unpacked, written};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_comes_back_as_of_one_moment() {
    let house = House::furnished().await;
    let frozen = house.freeze().await;
    let end = house.log.end();
    assert_eq!(frozen.about().position, end.to_string());
    // All this comes too late.
    for sequence in 21..=30 {
        house.publish(sequence).await;
    }
    let all = house.log.end();
    let trim = house.log.trim(Stream::MESSAGES, &all);
    trim.await.expect("trimmed");
    house.put("lake/late", 5_000).await;
    let gone = "lake/000000000001/t/data/small";
    house.blobs.delete(gone).await.expect("deleted");

    let (manifest, archive) = written(frozen).await;
    let to = house.root.path().join("restored");
    let about = unpacked(&archive, &to).expect("unpacked");
    assert_eq!(about, manifest.about);
    assert_eq!(about.accounts[0].account, "000000000001");
    assert_eq!(about.files, manifest.files.len() as u64);
    let clock = Arc::new(SystemClock::default());
    let log = SegmentLog::open(&to.join("log"), Settings::default(), clock).expect("a log");
    assert_eq!(log.end(), end);
    let blobs = FileBlobs::open(to.join("blobs")).expect("objects");
    let keys = blobs.list("lake/").await.expect("a list");
    assert_eq!(keys.len(), 2, "{keys:?}");
    assert!(
        blobs.get(gone, None).await.is_ok(),
        "it was there at that moment"
    );
    let key = std::fs::read_to_string(to.join("secrets/master.key"));
    assert_eq!(key.expect("there"), "00");
    // What was held is let go, and the copy of the catalog is gone.
    assert!(house.blobs.get(gone, None).await.is_err());
    let run = std::fs::read_dir(house.root.path().join("run")).expect("there");
    assert_eq!(run.count(), 0);
}

/// Restoring to a point in time removes whole segments behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_out_of_the_folder_need_not_be_synced() {
    let house = House::furnished().await;
    let archive = house.archive().await;
    let to = house.root.path().join("restored");
    let mut folder = Folder::make(&to).expect("made");
    let read = Archive::open(&archive[..])
        .expect("opens")
        .read(&mut folder);
    read.expect("unpacked");
    let mut log = std::fs::read_dir(to.join("log")).expect("there");
    let first = log.next().expect("a file").expect("an entry").path();
    std::fs::remove_file(first).expect("removed");
    folder.sync().expect("the rest is safe");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encrypted_one_shows_nothing() {
    let archive = House::furnished().await.archive().await;
    let mut sealer = Sealer::new(Vec::new(), b"a long passphrase").expect("begun");
    sealer.write_all(&archive).expect("written");
    let sealed = sealer.finish().expect("finished");
    assert!(is_sealed(&sealed) && !is_sealed(&archive));
    let has = |text: &[u8]| sealed.windows(text.len()).any(|window| window == text);
    assert!(!has(b"catalog.db") && !has(b"a message"));
    let opener = Opener::new(&sealed[..], b"a long passphrase").expect("opens");
    let read = Archive::open(opener).expect("opens").read(&mut Nowhere);
    read.expect("whole");
    let mut plain = Vec::new();
    let mut opener = Opener::new(&sealed[..], b"a long passphrase").expect("opens");
    opener.read_to_end(&mut plain).expect("read");
    assert_eq!(plain, archive);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_tar_program_reads_it() {
    let house = House::furnished().await;
    let (manifest, archive) = written(house.freeze().await).await;
    let file = house.root.path().join("backup.tar");
    std::fs::write(&file, &archive).expect("written");
    let listed = Command::new("tar")
        .arg("tf")
        .arg(&file)
        .output()
        .expect("tar");
    assert!(listed.status.success());
    let names = String::from_utf8(listed.stdout).expect("text");
    let names: Vec<_> = names.lines().collect();
    let mut ours = vec!["about.json"];
    ours.extend(manifest.files.iter().map(|file| file.name.as_str()));
    ours.push("manifest.json");
    assert_eq!(names, ours);
    assert!(
        names.iter().any(|name| name.len() > 100),
        "a long name is tried"
    );
}
