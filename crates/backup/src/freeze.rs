// SPDX-License-Identifier: Apache-2.0
//! Holding a server's state still while it goes on: what is in the backup is settled here, before
//! the first byte is copied.
//!
//! The order matters. First nothing is deleted any more. Then the catalog is copied: tables and
//! registry as of that moment. Then the log's end is taken, so it holds everything that the copied
//! tables have not committed. Objects that the copied tables name were there before and are there
//! still; newer ones come along, are named by nothing, and are swept as after a crash.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hw_kernel::port::catalog::{Catalog, CatalogError};
use hw_kernel::port::hold::Hold;
use hw_kernel::port::log::LogContent;
use hw_kernel::{Blobs, Clock, Log};
use hw_model::Timestamp;

use crate::about::{About, Account, FORMAT, FORMAT_WITHOUT_DAMAGE, MasterKeyPlace};
use crate::earliest::earliest;
use crate::error::BackupError;
use crate::names;
use crate::objects::{self, Damaged};

/// Objects up to that size are read at once: the few that are ever replaced are so small.
const SMALL_BYTES: u64 = 1024;

/// What is backed up.
pub struct Source {
    /// Registry, keys, table pointers.
    pub catalog: Arc<dyn Catalog>,
    /// What is not in tables yet.
    pub log: Arc<dyn Log>,
    /// Tables' files.
    pub blobs: Arc<dyn Blobs>,
    /// When it is.
    pub clock: Arc<dyn Clock>,
    /// Small files beside them, by name in the data folder; those that are not there are left out.
    pub files: Vec<(String, PathBuf)>,
    /// Where the master key is.
    pub master_key: MasterKeyPlace,
    /// A folder for the catalog's copy, on a disk that has room for it.
    pub scratch: PathBuf,
    /// This release.
    pub headwater: String,
    /// Version of the data folder's layout.
    pub folder_format: u32,
}

/// What goes into a backup. Nothing of it is deleted as long as this lives.
pub struct Frozen {
    pub(crate) about: About,
    pub(crate) entries: Vec<Entry>,
    pub(crate) blobs: Arc<dyn Blobs>,
    pub(crate) damaged: Damaged,
    pub(crate) log_hold: Option<Hold>,
    _blobs_hold: Hold,
    _scratch: Scratch,
}

/// A file to be.
pub(crate) struct Entry {
    pub name: String,
    pub bytes: u64,
    pub content: Content,
}

/// Where its content comes from.
pub(crate) enum Content {
    /// These bytes; and the checksums that the store has of them, if they are damaged.
    Bytes(Vec<u8>, Option<String>),
    /// As much of the file as the entry says.
    File(PathBuf),
    Object(String),
}

impl Frozen {
    /// What the backup says of itself.
    pub fn about(&self) -> &About {
        &self.about
    }
}

/// A folder of its own that goes when it is dropped.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "a backup's scratch folder stays");
        }
    }
}

impl Scratch {
    fn make(inside: &Path) -> Result<Self, BackupError> {
        let folder = inside.join(format!("backup-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).map_err(|source| BackupError::File {
            name: folder.display().to_string(),
            source,
        })?;
        Ok(Self(folder))
    }
}

/// Settles what is in the backup: everything that was acknowledged before the call. What objects are
/// `damaged` shows while they are copied.
pub async fn freeze(source: &Source, damaged: Damaged) -> Result<Frozen, BackupError> {
    let now = source.clock.now();
    let scratch = Scratch::make(&source.scratch)?;
    let (blobs_hold, log_hold) = (source.blobs.hold(), source.log.hold());
    let copy = scratch.0.join("catalog.db");
    source.catalog.copy_to(&copy).await?;
    let log = source.log.copy().await?;
    let mut entries = vec![file("catalog.db".to_owned(), copy)?];
    for (name, path) in &source.files {
        if path.exists() {
            entries.push(file(name.clone(), path.clone())?);
        }
    }
    for part in log.files {
        let name = format!("log/{}", part.name);
        entries.push(match part.content {
            LogContent::Bytes(bytes) => Entry::of_bytes(name, bytes, None),
            LogContent::Head { path, bytes } => Entry {
                name,
                bytes,
                content: Content::File(path),
            },
        });
    }
    list_objects(&*source.blobs, damaged, &mut entries).await?;
    for entry in &entries {
        names::check(&entry.name).map_err(|why| BackupError::Name {
            name: entry.name.clone(),
            why,
        })?;
    }
    let about = About {
        format: match damaged {
            Damaged::Refuse => FORMAT_WITHOUT_DAMAGE,
            Damaged::Copy => FORMAT,
        },
        headwater: source.headwater.clone(),
        folder_format: source.folder_format,
        recovery_point: rfc3339(now),
        recovery_point_us: now.0,
        position: log.position.to_string(),
        earliest_position: earliest(&*source.catalog, &log.position).await?.to_string(),
        accounts: accounts(&*source.catalog).await?,
        master_key: source.master_key,
        files: entries.len() as u64,
        bytes: entries.iter().map(|entry| entry.bytes).sum(),
    };
    Ok(Frozen {
        about,
        entries,
        blobs: Arc::clone(&source.blobs),
        damaged,
        log_hold: Some(log_hold),
        _blobs_hold: blobs_hold,
        _scratch: scratch,
    })
}

/// To the second, in UTC.
fn rfc3339(time: Timestamp) -> String {
    let seconds = time.0.div_euclid(1_000_000);
    let time = time::OffsetDateTime::from_unix_timestamp(seconds);
    time.ok()
        .and_then(|time| {
            time.format(&time::format_description::well_known::Rfc3339)
                .ok()
        })
        .unwrap_or_default()
}

impl Entry {
    fn of_bytes(name: String, bytes: Vec<u8>, damaged: Option<String>) -> Self {
        Self {
            name,
            bytes: bytes.len() as u64,
            content: Content::Bytes(bytes, damaged),
        }
    }
}

fn file(name: String, path: PathBuf) -> Result<Entry, BackupError> {
    match std::fs::metadata(&path) {
        Ok(facts) => Ok(Entry {
            name,
            bytes: facts.len(),
            content: Content::File(path),
        }),
        Err(source) => Err(BackupError::File { name, source }),
    }
}

async fn list_objects(
    blobs: &dyn Blobs,
    damaged: Damaged,
    entries: &mut Vec<Entry>,
) -> Result<(), BackupError> {
    for object in blobs.list("").await? {
        let name = format!("{}{}", objects::FOLDER, object.key);
        entries.push(match object.bytes <= SMALL_BYTES {
            true => {
                let (bytes, is_bad) = objects::read(blobs, &object.key, None, damaged).await?;
                let checksums = match is_bad {
                    true => Some(objects::checksums(blobs, &object.key).await?),
                    false => None,
                };
                Entry::of_bytes(name, bytes.to_vec(), checksums)
            }
            false => Entry {
                name,
                bytes: object.bytes,
                content: Content::Object(object.key),
            },
        });
    }
    Ok(())
}

async fn accounts(catalog: &dyn Catalog) -> Result<Vec<Account>, CatalogError> {
    let sql = "SELECT account, name FROM accounts ORDER BY account";
    let rows = catalog.read(sql, vec![]).await?;
    let account = |row: &hw_kernel::port::catalog::Row| {
        Ok(Account {
            account: row.text(0)?.to_owned(),
            name: row.text(1)?.to_owned(),
        })
    };
    rows.iter().map(account).collect()
}
