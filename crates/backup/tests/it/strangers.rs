// SPDX-License-Identifier: Apache-2.0
//! Archives that somebody else made: by other programs, by hand, or to do harm.

use std::path::Path;
use std::process::Command;

use hw_backup::{ArchiveError, Folder};

use crate::house::{House, unpacked};

/// A header with a right checksum.
fn header(name: &str, bytes: u64, kind: u8, link: &str) -> Vec<u8> {
    let mut block = vec![0; 512];
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0000600\x000000000\x000000000\0");
    put(
        124,
        format!("{bytes:011o}\x0000000000000\0        ").as_bytes(),
    );
    put(156, &[kind]);
    put(157, link.as_bytes());
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn entry(name: &str, content: &[u8]) -> Vec<u8> {
    let mut out = header(name, content.len() as u64, b'0', "");
    out.extend_from_slice(content);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

fn about(files: u64, bytes: u64) -> Vec<u8> {
    let about = format!(
        r#"{{
  "format": 1,
  "headwater": "0.1.0",
  "folder_format": 1,
  "recovery_point": "2026-11-29T00:00:00Z",
  "recovery_point_us": 0,
  "position": "v1",
  "earliest_position": "v1",
  "accounts": [],
  "master_key": "archive",
  "files": {files},
  "bytes": {bytes}
}}
"#
    );
    entry("about.json", about.as_bytes())
}

/// Nothing may be outside of the folder, and the reason must be told.
fn refused(archive: &[u8]) -> ArchiveError {
    let place = tempfile::tempdir().expect("a folder");
    let to = place.path().join("deep/new");
    std::fs::create_dir(place.path().join("deep")).expect("made");
    let error = unpacked(archive, &to).expect_err("refused");
    let beside = |folder: &Path| std::fs::read_dir(folder).expect("there").count();
    assert_eq!(beside(place.path()), 1, "{error}");
    assert!(beside(&place.path().join("deep")) <= 1, "{error}");
    error
}

#[test]
fn names_that_lead_out_are_not_safe() {
    let bad = [
        ("../evil", "leads out"),
        ("blobs/../../evil", "leads out"),
        ("/tmp/evil", "absolute"),
        ("run/lock", "no file of a data folder"),
        ("blobs//x", "empty part"),
        ("blobs/a\\b", "backslash"),
    ];
    for (name, why) in bad {
        let archive = [about(1, 1), entry(name, b"x")].concat();
        match refused(&archive) {
            ArchiveError::Unsafe {
                name: told,
                why: said,
            } => {
                assert_eq!(told, name);
                assert!(said.contains(why), "{said}");
            }
            other => panic!("{name}: {other}"),
        }
    }
}

#[test]
fn links_devices_and_folders_are_not_safe() {
    for (kind, why) in [
        (b'1', "hard link"),
        (b'2', "symbolic link"),
        (b'3', "device"),
        (b'4', "device"),
        (b'5', "folder"),
        (b'6', "pipe"),
        (b'S', "GNU"),
        (b'Z', "unknown"),
    ] {
        let archive = [about(1, 1), header("blobs/x", 0, kind, "/etc/passwd")].concat();
        match refused(&archive) {
            ArchiveError::Unsafe { why: said, .. } => assert!(said.contains(why), "{said}"),
            other => panic!("{}: {other}", kind as char),
        }
    }
}

#[test]
fn more_than_was_announced_is_not_safe() {
    let twice = [about(2, 2), entry("ca.pem", b"x"), entry("ca.pem", b"x")].concat();
    let more = [about(1, 2), entry("ca.pem", b"x"), entry("log/a", b"x")].concat();
    let larger = [about(1, 1), entry("ca.pem", b"xy")].concat();
    let bomb = [about(1, 1), header("ca.pem", 0o77_777_777_777, b'0', "")].concat();
    for (archive, why) in [
        (twice, "twice"),
        (more, "more"),
        (larger, "more"),
        (bomb, "more"),
    ] {
        let error = refused(&archive);
        assert!(matches!(error, ArchiveError::Unsafe { .. }), "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[test]
fn a_file_in_the_way_of_a_folder_is_an_error() {
    let archive = [
        about(2, 2),
        entry("blobs/a", b"x"),
        entry("blobs/a/b", b"x"),
    ]
    .concat();
    assert!(matches!(refused(&archive), ArchiveError::Io(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_files_are_foreign() {
    for bytes in [&b"PK\x03\x04 a zip file"[..], &[0x1f; 600], &[b'x'; 5_000]] {
        let error = refused(bytes);
        let told = matches!(error, ArchiveError::Foreign(_) | ArchiveError::Truncated(_));
        assert!(told, "{error}");
    }
    let place = tempfile::tempdir().expect("a folder");
    std::fs::write(place.path().join("note"), "not ours").expect("written");
    let tar = Command::new("tar")
        .args(["c", "note"])
        .current_dir(place.path())
        .output();
    let error = refused(&tar.expect("tar").stdout);
    assert!(
        matches!(error, ArchiveError::Foreign(_) | ArchiveError::Damaged(_)),
        "{error}"
    );
    // A backup that another program has packed again.
    let archive = House::furnished().await.archive().await;
    std::fs::write(place.path().join("backup.tar"), archive).expect("written");
    let script = "tar xf backup.tar && tar c about.json catalog.db log blobs manifest.json";
    let again = Command::new("sh")
        .args(["-c", script])
        .current_dir(place.path())
        .output();
    let again = again.expect("tar").stdout;
    assert!(matches!(refused(&again), ArchiveError::Damaged(_)));
}

#[test]
fn a_newer_format_is_named() {
    let text = br#"{"format": 7, "headwater": "3.2.1", "more": true}"#;
    let error = refused(&entry("about.json", text)).to_string();
    assert!(
        error.contains("format 7") && error.contains("use headwater 3.2.1"),
        "{error}"
    );
}

#[test]
fn a_folder_that_is_there_is_not_used() {
    let place = tempfile::tempdir().expect("a folder");
    assert!(Folder::make(place.path()).is_err());
}
