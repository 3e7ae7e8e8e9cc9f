// SPDX-License-Identifier: Apache-2.0
//! Manifests without the files that go, folded on the occasion: a commit leaves a manifest, and a
//! reader would open thousands of them a day.

use std::collections::HashSet;

use iceberg::spec::{Manifest, ManifestEntry, ManifestFile};
use iceberg::{Error, ErrorKind, Result};

use super::change::{NewSnapshot, Sum};

/// Files that a folded manifest names at most; one that has as many, and loses none, stays.
const MANIFEST_FILES_MAX: usize = 1_000;

/// The manifests `before` without the entries of `removed`, and what those sum up to.
pub(super) async fn without(
    new: &mut NewSnapshot<'_>,
    before: Vec<ManifestFile>,
    removed: &HashSet<String>,
) -> Result<(Vec<ManifestFile>, Sum)> {
    let mut manifests = Vec::new();
    let mut loaded = Vec::new();
    for file in before {
        let manifest = file.load_manifest(new.table.file_io()).await?;
        if stays(&manifest, removed) {
            manifests.push(file);
        } else {
            loaded.push(manifest);
        }
    }
    let alive: Vec<&ManifestEntry> = loaded
        .iter()
        .flat_map(|manifest| manifest.entries())
        .map(AsRef::as_ref)
        .filter(|entry| entry.is_alive())
        .collect();
    let gone = alive
        .iter()
        .filter(|entry| removed.contains(entry.file_path()));
    let gone = Sum::of(gone.map(|entry| entry.data_file()));
    if gone.files != removed.len() as u64 {
        // The list of files and the manifests disagree: better stop than lose sight of a file.
        let message = format!("{} of {} files are there", gone.files, removed.len());
        return Err(Error::new(ErrorKind::CatalogCommitConflicts, message));
    }
    for entries in alive.chunks(MANIFEST_FILES_MAX) {
        manifests.push(write(new, entries, removed).await?);
    }
    Ok((manifests, gone))
}

fn stays(manifest: &Manifest, removed: &HashSet<String>) -> bool {
    let entries = manifest.entries();
    entries.len() >= MANIFEST_FILES_MAX
        && entries
            .iter()
            .all(|entry| entry.is_alive() && !removed.contains(entry.file_path()))
}

async fn write(
    new: &mut NewSnapshot<'_>,
    entries: &[&ManifestEntry],
    removed: &HashSet<String>,
) -> Result<ManifestFile> {
    let mut writer = new.manifest()?.build_v2_data();
    for entry in entries {
        let unknown = || Error::new(ErrorKind::DataInvalid, "an entry of no snapshot");
        let sequence = entry.sequence_number().ok_or_else(unknown)?;
        // Files are never moved between snapshots here, so both sequence numbers are the same.
        let file = entry.data_file().clone();
        if removed.contains(entry.file_path()) {
            writer.add_delete_file(file, sequence, Some(sequence))?;
        } else {
            let snapshot = entry.snapshot_id().ok_or_else(unknown)?;
            writer.add_existing_file(file, snapshot, sequence, Some(sequence))?;
        }
    }
    writer.write_manifest_file().await
}
