// SPDX-License-Identifier: Apache-2.0
//! Backups from anywhere: any bytes, and good archives with a change. Nothing unsafe comes out, and
//! no change passes. The reader's source is taken in by path, so that the TLS stack's C need not be
//! built with sanitizers.
#![no_main]
#![allow(dead_code, unused_imports, reason = "the crate uses more of it than this target")]

#[path = "../../crates/backup/src/about.rs"]
mod about;
#[path = "../../crates/backup/src/archive.rs"]
mod archive;
#[path = "../../crates/backup/src/error.rs"]
mod error;
#[path = "../../crates/backup/src/names.rs"]
mod names;
#[path = "../../crates/backup/src/tar/mod.rs"]
mod tar;

/// What the errors name of it.
mod age {
    pub(crate) const WORK_FACTOR_LOG2_MAX: u8 = 20;
}

/// Where objects are.
mod objects {
    pub(crate) const FOLDER: &str = "blobs/";
}

use std::collections::HashMap;
use std::io::Result;

use about::{About, Account, FileFacts, Manifest, MasterKeyPlace, text};
use archive::{Archive, Sink};
use hw_fuzz::{Noise, Pick};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

fuzz_target!(|data: &[u8]| {
    let _ = read(data);
    let mut pick = Pick::new(data);
    let (good, files) = good(&mut pick);
    // What follows a good beginning.
    let _ = read(&[&good[..1024.min(good.len())], data].concat());
    assert_eq!(read(&good).expect("good"), files);
    for _ in 0..8 {
        if pick.is_empty() {
            break;
        }
        let mut bad = good.clone();
        damage(&mut pick, &mut bad);
        assert!(bad == good || read(&bad).is_err(), "a change passed");
    }
});

/// Reads all of it; what comes out.
fn read(bytes: &[u8]) -> std::result::Result<HashMap<String, Vec<u8>>, error::ArchiveError> {
    let mut files = Files::default();
    let manifest = Archive::open(bytes)?.read(&mut files)?;
    assert_eq!(manifest.files.len(), files.whole.len());
    Ok(files.whole)
}

/// Keeps what comes, and holds it to the promises of the reader.
#[derive(Default)]
struct Files {
    whole: HashMap<String, Vec<u8>>,
    open: Option<(String, u64, Vec<u8>)>,
}

impl Sink for Files {
    fn begin(&mut self, name: &str, bytes: u64) -> Result<()> {
        assert!(self.open.is_none() && !self.whole.contains_key(name));
        assert!(!name.starts_with('/') && !name.contains('\0') && !name.contains('\\'));
        assert!(name.split('/').all(|part| !["", ".", ".."].contains(&part)));
        let root = name.split('/').next().unwrap_or_default();
        assert!(["catalog.db", "ca.pem", "secrets", "log", "blobs"].contains(&root));
        self.open = Some((name.to_owned(), bytes, Vec::new()));
        Ok(())
    }

    fn content(&mut self, bytes: &[u8]) -> Result<()> {
        let (_, announced, content) = self.open.as_mut().expect("begun");
        content.extend_from_slice(bytes);
        assert!(content.len() as u64 <= *announced);
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        let (name, announced, content) = self.open.take().expect("begun");
        assert_eq!(content.len() as u64, announced);
        self.whole.insert(name, content);
        Ok(())
    }
}

/// An archive as a backup writes it.
fn good(pick: &mut Pick<'_>) -> (Vec<u8>, HashMap<String, Vec<u8>>) {
    let mut noise = Noise::new(pick.word());
    let sizes = pick.list(0, 5, |pick| (pick.below(5), pick.byte()));
    let mut files = Vec::new();
    for (n, (kind, size)) in sizes.into_iter().enumerate() {
        let name = match kind {
            0 => format!("log/{n:016x}.seg"),
            1 => format!("blobs/lake/{}/{n}", "long".repeat(30)),
            2 => format!("blobs/lake/größe/{n}"),
            3 => format!("secrets/{n}"),
            _ => format!("blobs/{n}/x"),
        };
        let size = usize::from(size) * [1, 1, 4, 0, 1][kind];
        files.push((name, noise.bytes(size)));
    }
    let about = About {
        format: 1,
        headwater: "0.1.0".into(),
        folder_format: 1,
        recovery_point: "2026-11-29T00:00:00Z".into(),
        recovery_point_us: 1,
        position: "v1".into(),
        earliest_position: "v1".into(),
        accounts: vec![Account {
            account: "000000000001".into(),
            name: "first".into(),
        }],
        master_key: MasterKeyPlace::Archive,
        files: files.len() as u64,
        bytes: files.iter().map(|(_, content)| content.len() as u64).sum(),
    };
    let facts = |(name, content): &(String, Vec<u8>)| FileFacts {
        name: name.clone(),
        bytes: content.len() as u64,
        sha256: hex::encode(Sha256::digest(content)),
        damaged: None,
    };
    let mut out = Vec::new();
    let mut tar = tar::Writer::new(&mut out, 1);
    let mut entry = |name: &str, content: &[u8]| tar.entry(name, content).expect("written");
    entry(about::ABOUT, &text(&about));
    files.iter().for_each(|(name, content)| entry(name, content));
    let manifest = Manifest {
        about,
        files: files.iter().map(facts).collect(),
    };
    entry(about::MANIFEST, &text(&manifest));
    tar.finish().expect("written");
    (out, files.into_iter().collect())
}

/// Bits, blocks, cut ends, pieces in the wrong place.
fn damage(pick: &mut Pick<'_>, file: &mut Vec<u8>) {
    let start = (usize::from(pick.word()) << 3 | pick.below(8)) % file.len();
    let block = start / 512 * 512;
    match pick.below(6) {
        0 | 1 => file[start] ^= 1 << pick.below(8),
        2 => file.truncate(start),
        3 => drop(file.drain(block..block + 512)),
        4 => {
            let piece = file[block..block + 512].to_vec();
            let at = usize::from(pick.word()) % (file.len() / 512) * 512;
            file.splice(at..at, piece);
        }
        _ => file.extend(Noise::new(pick.word()).bytes(512)),
    }
}
