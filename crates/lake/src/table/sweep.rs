// SPDX-License-Identifier: Apache-2.0
//! Objects in a table's folder that nothing reaches: what a crash between data file and commit
//! leaves, and what was replaced and is in no kept snapshot any more. They do no harm but take
//! room.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use hw_kernel::port::blobs::Listed;
use hw_kernel::port::tables::TableError;
use iceberg::Result;
use iceberg::spec::ManifestFile;

use super::{LakeTable, Opened};
use crate::env::Env;
use crate::error::table_error;
use hw_kernel::port::upkeep::Swept;

/// Younger objects may belong to a commit that is under way.
const ORPHAN_AGE_MIN: Duration = Duration::from_secs(3_600);

/// Objects that no kept snapshot reaches.
struct Unreached {
    /// Older than an hour, and no reader of this process holds them.
    orphans: Vec<Listed>,
    /// How many others there are.
    waiting: u64,
}

impl LakeTable {
    /// Objects older than an hour that no kept snapshot reaches and no reader of this process
    /// holds; none of them for an hour after the clock has jumped.
    pub async fn orphans(&self, env: &Env) -> std::result::Result<Vec<Listed>, TableError> {
        Ok(self.unreached(env).await?.orphans)
    }

    /// Objects that the last sweep could not delete yet, for they were too young or held by a reader;
    /// `None` if there was no sweep since the start, or the last one failed.
    pub fn waiting(&self) -> Option<u64> {
        *self.waiting.lock()
    }

    async fn unreached(&self, env: &Env) -> std::result::Result<Unreached, TableError> {
        let failed = |error: &(dyn std::error::Error + 'static)| table_error(&self.name, error);
        let place = self.opened(env).await?.place;
        let objects = env.blobs.list(&place.key("")).await;
        let objects = objects.map_err(|error| failed(&error))?;
        // Looked at after the list was made: what was committed meanwhile is not in the list.
        let opened = self.opened(env).await?;
        let reached = reached(&opened).await.map_err(|error| failed(&error))?;
        let lent: HashSet<String> = self.lent().into_iter().collect();
        let now = env.settled_now();
        let is_old = |object: &Listed| {
            now.is_some_and(|now| object.modified.0 < now.0 - ORPHAN_AGE_MIN.as_micros() as i64)
        };
        let unreached = objects.into_iter().filter(|object| {
            !reached.contains(&object.key) && !object.key.ends_with("/version-hint.text")
        });
        let (orphans, others): (Vec<_>, Vec<_>) =
            unreached.partition(|object| is_old(object) && !lent.contains(&object.key));
        Ok(Unreached {
            orphans,
            waiting: others.len() as u64,
        })
    }

    /// Deletes them.
    pub async fn sweep(&self, env: &Env) -> std::result::Result<Swept, TableError> {
        // A compaction may have written files that no commit names yet, an hour ago.
        let _alone = self.upkeep.lock().await;
        *self.waiting.lock() = None;
        let mut swept = Swept::default();
        let Unreached { orphans, waiting } = self.unreached(env).await?;
        for object in orphans {
            let deleted = env.blobs.delete(&object.key).await;
            deleted.map_err(|error| table_error(&self.name, &error))?;
            swept.objects += 1;
            swept.bytes += object.bytes;
        }
        *self.waiting.lock() = Some(waiting);
        Ok(swept)
    }
}

/// The keys of everything that the metadata leads to, by whatever snapshot.
async fn reached(opened: &Opened) -> Result<HashSet<String>> {
    let metadata = opened.table.metadata();
    let mut urls: Vec<String> = vec![opened.table.metadata_location_result()?.to_owned()];
    let log = metadata.metadata_log().iter();
    urls.extend(log.map(|entry| entry.metadata_file.clone()));
    let mut manifests: HashMap<String, ManifestFile> = HashMap::new();
    for snapshot in metadata.snapshots() {
        urls.push(snapshot.manifest_list().to_owned());
        let list = opened.table.manifest_list_reader(snapshot).load().await?;
        let entries = list.entries().iter();
        manifests.extend(entries.map(|file| (file.manifest_path.clone(), file.clone())));
    }
    for (path, file) in manifests {
        let manifest = file.load_manifest(opened.table.file_io()).await?;
        let alive = manifest.entries().iter().filter(|entry| entry.is_alive());
        urls.extend(alive.map(|entry| entry.file_path().to_owned()));
        urls.push(path);
    }
    let keys = urls.iter().filter_map(|url| opened.place.key_of(url));
    Ok(keys.collect())
}
