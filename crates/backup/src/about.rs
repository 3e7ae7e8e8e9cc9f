// SPDX-License-Identifier: Apache-2.0
//! What an archive says of itself: first what it is, last every file in it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::ArchiveError;
use crate::objects;

/// The first entry.
pub(crate) const ABOUT: &str = "about.json";

/// The last entry.
pub(crate) const MANIFEST: &str = "manifest.json";

/// Greatest version of the archive that this release reads; a greater one is refused by name. It is
/// that of archives whose manifest may name damaged objects.
pub(crate) const FORMAT: u32 = 2;

/// Version of all others, which earlier releases read too.
pub(crate) const FORMAT_WITHOUT_DAMAGE: u32 = 1;

/// Most bytes of the first entry.
pub(crate) const ABOUT_BYTES_MAX: u64 = 1 << 20;

/// Most bytes of the last entry: about a million files.
pub const MANIFEST_BYTES_MAX: u64 = 256 << 20;

/// What a backup is: known before the first byte is copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Version of the archive.
    pub format: u32,
    /// The release that made it.
    pub headwater: String,
    /// Version of the data folder's layout.
    pub folder_format: u32,
    /// Everything that was acknowledged before this moment is in it, and what came later is not
    /// all in it: RFC 3339, UTC.
    pub recovery_point: String,
    /// The same in microseconds since 1970.
    pub recovery_point_us: i64,
    /// The end of the log in it: a position.
    pub position: String,
    /// The least position that it can be restored to: how far the tables and the last checkpoint
    /// had come.
    pub earliest_position: String,
    /// Whose data it is.
    pub accounts: Vec<Account>,
    /// Where the key is that opens the secrets in it.
    pub master_key: MasterKeyPlace,
    /// Files in it, without this one and the manifest.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Twelve digits.
    pub account: String,
    /// Its name.
    pub name: String,
}

/// Where the master key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MasterKeyPlace {
    /// In the archive.
    Archive,
    /// The server had it from its environment: whoever restores must give it in the same way.
    Environment,
}

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Its name in the data folder.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
    /// Only of an object that was damaged when it was backed up: the checksums that its store had of
    /// it, as they were, in lower-case hexadecimal. By them the damage is found again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damaged: Option<String>,
}

impl FileFacts {
    /// The checksums of an object that was damaged, as its store had them.
    pub fn damaged_checksums(&self) -> Option<Vec<u8>> {
        hex::decode(self.damaged.as_ref()?).ok()
    }
}

/// Everything about a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The first entry again, so that it is checked too.
    pub about: About,
    /// All files, in the order in which they stand in the archive.
    pub files: Vec<FileFacts>,
}

/// Version and release, which every format has.
#[derive(Deserialize)]
struct Version {
    format: u32,
    #[serde(default)]
    headwater: String,
}

impl About {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ArchiveError> {
        let version: Version = serde_json::from_slice(bytes)
            .map_err(|_| ArchiveError::Foreign("its first entry says nothing of a backup"))?;
        if version.format > FORMAT {
            return Err(ArchiveError::Newer {
                format: version.format,
                headwater: version.headwater.chars().take(40).collect(),
                known: FORMAT,
            });
        }
        canonical(bytes, ABOUT)
    }
}

impl Manifest {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ArchiveError> {
        let manifest: Self = canonical(bytes, MANIFEST)?;
        let may_name = manifest.about.format > FORMAT_WITHOUT_DAMAGE;
        for file in manifest.damaged() {
            let is_object = file.name.starts_with(objects::FOLDER);
            if !(may_name && is_object && file.damaged_checksums().is_some()) {
                let what = format!("its manifest says of {} what can't be", file.name);
                return Err(ArchiveError::Damaged(what));
            }
        }
        Ok(manifest)
    }

    /// Objects that were damaged already when they were backed up.
    pub fn damaged(&self) -> impl Iterator<Item = &FileFacts> {
        self.files.iter().filter(|file| file.damaged.is_some())
    }
}

/// As JSON, a line for each thing.
pub(crate) fn text(of: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(of).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Only what [`text`] would write is taken: so each bit of it counts.
fn canonical<T: Serialize + DeserializeOwned>(bytes: &[u8], name: &str) -> Result<T, ArchiveError> {
    let parsed: T = serde_json::from_slice(bytes)
        .map_err(|error| ArchiveError::damaged(format!("{name} can't be read: {error}")))?;
    if text(&parsed) != bytes {
        return Err(ArchiveError::damaged(format!("{name} was changed")));
    }
    Ok(parsed)
}
