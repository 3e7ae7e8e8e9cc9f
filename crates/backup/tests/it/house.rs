// SPDX-License-Identifier: Apache-2.0
//! A catalog, a log and objects in a temporary folder, and archives of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hw_backup::{About, Damaged, Frozen, Manifest, MasterKeyPlace, Source, freeze, write};
use hw_blobs::FileBlobs;
use hw_catalog::SqliteCatalog;
use hw_kernel::port::blobs::Put;
use hw_kernel::port::catalog::Statement;
use hw_kernel::port::clock::SystemClock;
use hw_kernel::port::log::Stream;
use hw_kernel::testkit::log_suite::{append, batch};
use hw_kernel::{Blobs, Catalog, Clock, Log};
use hw_log::{SegmentLog, Settings};
use tempfile::TempDir;
use tokio::runtime::Handle;

/// Everything that is backed up.
pub struct House {
    pub root: TempDir,
    pub catalog: Arc<dyn Catalog>,
    pub log: Arc<dyn Log>,
    pub blobs: Arc<dyn Blobs>,
}

impl House {
    pub async fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        Self::open(root).await
    }

    async fn open(root: TempDir) -> Self {
        let path = |name: &str| root.path().join(name);
        let clock = Arc::new(SystemClock::default());
        let catalog = SqliteCatalog::open(&path("catalog.db")).await;
        let log = SegmentLog::open(&path("log"), Settings::default(), clock).expect("a log");
        Self {
            catalog: Arc::new(catalog.expect("a catalog")),
            log: Arc::new(log),
            blobs: Arc::new(FileBlobs::open(path("blobs")).expect("objects")),
            root,
        }
    }

    /// A house with something in every room.
    pub async fn furnished() -> Self {
        let house = Self::new().await;
        let secrets = house.root.path().join("secrets");
        std::fs::create_dir(&secrets).expect("made");
        std::fs::write(secrets.join("master.key"), "00").expect("written");
        let account = "INSERT INTO accounts (account, name, created_us) VALUES ($1, 'first', 0)";
        let account = Statement::new(account, vec!["000000000001".into()]);
        house.catalog.write(vec![account]).await.expect("written");
        for sequence in 1..=20 {
            house.publish(sequence).await;
        }
        house.put("lake/000000000001/t/data/small", 10).await;
        house
            .put(&format!("lake/{}/large", "long".repeat(40)), 70_000)
            .await;
        house
    }

    pub async fn publish(&self, sequence: u64) {
        let record = batch(Stream::MESSAGES, sequence, b"a message");
        append(&*self.log, record).await.expect("durable");
    }

    pub async fn put(&self, key: &str, bytes: usize) {
        let content: Vec<u8> = (0..bytes).map(|n| (n % 253) as u8).collect();
        let put = self.blobs.put(key, content.into(), Put::Replace);
        put.await.expect("stored");
    }

    pub fn source(&self) -> Source {
        let key: PathBuf = self.root.path().join("secrets/master.key");
        Source {
            catalog: self.catalog.clone(),
            log: self.log.clone(),
            blobs: self.blobs.clone(),
            clock: Arc::new(SystemClock::default()) as Arc<dyn Clock>,
            files: vec![("secrets/master.key".to_owned(), key)],
            master_key: MasterKeyPlace::Archive,
            scratch: self.root.path().join("run"),
            headwater: "0.0.0-test".to_owned(),
            folder_format: 1,
        }
    }

    pub async fn freeze(&self) -> Frozen {
        freeze(&self.source(), Damaged::Refuse)
            .await
            .expect("frozen")
    }

    pub async fn archive(&self) -> Vec<u8> {
        written(self.freeze().await).await.1
    }
}

/// Writes a backup to memory.
pub async fn written(frozen: Frozen) -> (Manifest, Vec<u8>) {
    let runtime = Handle::current();
    let work = move || {
        let mut out = Vec::new();
        let manifest = write(frozen, &mut out, &runtime).expect("written");
        (manifest, out)
    };
    tokio::task::spawn_blocking(work).await.expect("ended well")
}

/// Reads an archive into a new folder beside `inside`.
pub fn unpacked(archive: &[u8], to: &Path) -> Result<About, hw_backup::ArchiveError> {
    let archive = hw_backup::Archive::open(archive)?;
    let mut folder = hw_backup::Folder::make(to)?;
    let manifest = archive.read(&mut folder)?;
    folder.sync()?;
    Ok(manifest.about)
}
