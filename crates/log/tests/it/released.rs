// SPDX-License-Identifier: Apache-2.0
//! Logs that earlier releases wrote are read for ever. To add one: run the ignored test, copy the
//! folder it names beside the others, and never change it again.

use std::path::Path;

use crate::support::{copy, everything, fill, large, open};

#[tokio::test]
async fn format_1() {
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/released/format_1");
    let dir = tempfile::tempdir().expect("a folder");
    copy(&stored, dir.path());
    let log = open(dir.path(), large());
    assert_eq!(everything(&log).await, ((1..=12).collect(), 0));
    assert_eq!(*log.recovery(), Default::default());
}

#[tokio::test]
#[ignore = "makes a folder for a new format"]
async fn make() {
    let dir = tempfile::tempdir().expect("a folder").keep();
    let log = open(&dir, crate::support::small());
    fill(&log, 1..=12).await;
    drop(log);
    println!("{}", dir.display());
}
