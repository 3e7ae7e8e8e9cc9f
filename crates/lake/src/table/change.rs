// SPDX-License-Identifier: Apache-2.0
//! A change of a table's files: some come, some go, and the snapshot that says so carries the
//! cursor. Commits append, compaction replaces, retention deletes; all three go through here.
//!
//! The crate's own append stamps snapshots with the system's clock and then refuses them while
//! that stands before the last one; this one never goes back. And the crate has no action yet
//! that replaces or deletes files.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hw_kernel::port::cursor::Cursor;
use iceberg::spec::{
    DataFile, MAIN_BRANCH, ManifestFile, ManifestListWriter, ManifestWriterBuilder, Operation,
    Snapshot, Summary,
};
use iceberg::table::Table;
use iceberg::{Error, ErrorKind, Result};

use super::commit::CURSOR_PROPERTY;
use super::{Opened, fold, manifest, swap};
use crate::env::Env;

/// What changes.
pub(super) struct Change {
    /// Is in the names of its manifests.
    pub commit: uuid::Uuid,
    pub operation: Operation,
    pub added: Vec<DataFile>,
    /// URLs of files that go. All of them must be there, or the base is stale.
    pub removed: HashSet<String>,
    /// Snapshots that leave the metadata on the occasion.
    pub forgotten: Vec<i64>,
}

/// The snapshot that is being made.
pub(super) struct NewSnapshot<'a> {
    pub table: &'a Table,
    pub id: i64,
    commit: uuid::Uuid,
    manifests: u32,
}

impl NewSnapshot<'_> {
    fn path(&self, name: &str) -> String {
        let location = self.table.metadata().location();
        format!("{location}/metadata/{name}.avro")
    }

    /// Begins a manifest of this snapshot.
    pub fn manifest(&mut self) -> Result<ManifestWriterBuilder> {
        let path = self.path(&format!("{}-m{}", self.commit, self.manifests));
        self.manifests += 1;
        let metadata = self.table.metadata();
        Ok(ManifestWriterBuilder::new(
            self.table.file_io().new_output(path)?,
            Some(self.id),
            metadata.current_schema().clone(),
            metadata.default_partition_spec().as_ref().clone(),
        ))
    }
}

/// Files, rows and bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub files: u64,
    pub rows: u64,
    pub bytes: u64,
}

impl Sum {
    pub fn of<'a>(files: impl IntoIterator<Item = &'a DataFile>) -> Self {
        files.into_iter().fold(Self::default(), |sum, file| Self {
            files: sum.files + 1,
            rows: sum.rows + file.record_count(),
            bytes: sum.bytes + file.file_size_in_bytes(),
        })
    }
}

/// Makes the change on top of `base`, and gives back the table as it is then.
pub(super) async fn apply(
    env: &Env,
    base: &Opened,
    change: Change,
    cursor: &Cursor,
) -> Result<Opened> {
    let files = new_files(base, &change)?;
    let commit = change.commit;
    let mut new = NewSnapshot {
        table: &base.table,
        // The sign is left out: some readers take ids for positive.
        id: (commit.as_u64_pair().1.rotate_left(8) & (i64::MAX as u64)) as i64,
        commit,
        manifests: 0,
    };
    let added = Sum::of(&change.added);
    let (manifests, removed) = manifests(&mut new, change.added, &change.removed).await?;
    let list = write_list(&new, manifests).await?;
    let metadata = base.table.metadata();
    let total = Sum {
        files: files.len() as u64,
        rows: files.iter().map(|file| file.rows).sum(),
        bytes: files.iter().map(|file| file.bytes).sum(),
    };
    let summary = Summary {
        operation: change.operation,
        additional_properties: properties(added, removed, total, cursor),
    };
    let snapshot = Snapshot::builder()
        .with_snapshot_id(new.id)
        .with_parent_snapshot_id(metadata.current_snapshot_id())
        .with_sequence_number(metadata.next_sequence_number())
        // The clock may have been set back: snapshots follow each other all the same.
        .with_timestamp_ms(env.stamped_now().millis().max(metadata.last_updated_ms()))
        .with_manifest_list(list)
        .with_summary(summary)
        .with_schema_id(metadata.current_schema_id())
        .build();
    let from = base.table.metadata_location_result()?;
    let next = metadata
        .clone()
        .into_builder(Some(from.to_owned()))
        .set_branch_snapshot(snapshot, MAIN_BRANCH)?
        .remove_snapshots(&change.forgotten)
        .build()?
        .metadata;
    let table = swap::install(env, &base.place, &base.table, next, cursor).await?;
    Ok(Opened {
        table,
        files,
        ..base.clone()
    })
}

fn new_files(base: &Opened, change: &Change) -> Result<Arc<[hw_kernel::port::tables::DataFile]>> {
    let mut gone = HashSet::with_capacity(change.removed.len());
    for url in &change.removed {
        let outside = || Error::new(ErrorKind::DataInvalid, format!("{url} is no file of it"));
        gone.insert(base.place.key_of(url).ok_or_else(outside)?);
    }
    let kept = base.files.iter().filter(|file| !gone.contains(&file.key));
    let mut files: Vec<_> = kept.cloned().collect();
    if files.len() + gone.len() != base.files.len() {
        let message = format!("table {} has lost files meanwhile", base.place.table);
        return Err(Error::new(ErrorKind::CatalogCommitConflicts, message));
    }
    let time = crate::schema::time_column(&base.spec)?.name;
    let schema = base.table.metadata().current_schema();
    let time = schema.field_id_by_name(time);
    for entry in &change.added {
        files.push(manifest::data_file(entry, &base.place, time)?);
    }
    Ok(files.into())
}

/// The manifests of the new snapshot, and what goes with it.
async fn manifests(
    new: &mut NewSnapshot<'_>,
    added: Vec<DataFile>,
    removed: &HashSet<String>,
) -> Result<(Vec<ManifestFile>, Sum)> {
    let before = manifest::manifests(new.table).await?;
    let (mut manifests, gone) = match removed.is_empty() {
        true => (before, Sum::default()),
        false => fold::without(new, before, removed).await?,
    };
    if !added.is_empty() {
        let mut writer = new.manifest()?.build_v2_data();
        for file in added {
            // Below zero: it takes the sequence number of its snapshot.
            writer.add_file(file, -1)?;
        }
        manifests.push(writer.write_manifest_file().await?);
    }
    Ok((manifests, gone))
}

async fn write_list(new: &NewSnapshot<'_>, manifests: Vec<ManifestFile>) -> Result<String> {
    let path = new.path(&format!("snap-{}-0-{}", new.id, new.commit));
    let metadata = new.table.metadata();
    let output = new.table.file_io().new_output(&path)?;
    let mut list = ManifestListWriter::v2(
        output.writer().await?,
        new.id,
        metadata.current_snapshot_id(),
        metadata.next_sequence_number(),
    );
    list.add_manifests(manifests.into_iter())?;
    list.close().await?;
    Ok(path)
}

/// A snapshot's summary, in the names of Iceberg's specification (appendix F).
fn properties(added: Sum, removed: Sum, total: Sum, cursor: &Cursor) -> HashMap<String, String> {
    let figures = [
        ("added-data-files", added.files),
        ("added-records", added.rows),
        ("added-files-size", added.bytes),
        ("deleted-data-files", removed.files),
        ("deleted-records", removed.rows),
        ("removed-files-size", removed.bytes),
    ];
    let totals = [
        ("total-data-files", total.files),
        ("total-records", total.rows),
        ("total-files-size", total.bytes),
        ("total-delete-files", 0),
        ("total-position-deletes", 0),
        ("total-equality-deletes", 0),
    ];
    let some = figures.into_iter().filter(|(_, figure)| *figure > 0);
    some.chain(totals)
        .map(|(name, figure)| (name.to_owned(), figure.to_string()))
        .chain([(CURSOR_PROPERTY.to_owned(), cursor.to_string())])
        .collect()
}
