// SPDX-License-Identifier: Apache-2.0
//! Objects in a table's folder that nothing names: what a crash between data file and commit
//! leaves. They do no harm but take room.

use std::collections::HashSet;
use std::time::Duration;

use hw_kernel::port::blobs::Listed;
use hw_kernel::port::tables::TableError;

use super::{LakeTable, Opened, manifest};
use crate::env::Env;
use crate::error::table_error;

/// Younger objects may belong to a commit that is under way.
const ORPHAN_AGE_MIN: Duration = Duration::from_secs(3_600);

impl LakeTable {
    /// Objects older than an hour that no kept snapshot reaches.
    pub async fn orphans(&self, env: &Env) -> Result<Vec<Listed>, TableError> {
        let opened = self.opened(env).await?;
        let objects = env.blobs.list(&opened.place.key("")).await;
        let objects = objects.map_err(|error| table_error(&self.name, &error))?;
        let named = named(&opened).await;
        let named = named.map_err(|error| table_error(&self.name, &error))?;
        let cutoff = env.clock.now().0 - ORPHAN_AGE_MIN.as_micros() as i64;
        let orphan = |object: &Listed| {
            object.modified.0 < cutoff
                && !named.contains(&object.key)
                && !object.key.ends_with("/version-hint.text")
        };
        Ok(objects.into_iter().filter(orphan).collect())
    }
}

async fn named(opened: &Opened) -> iceberg::Result<HashSet<String>> {
    let metadata = opened.table.metadata();
    let mut urls: Vec<String> = vec![opened.table.metadata_location_result()?.to_owned()];
    urls.extend(
        metadata
            .metadata_log()
            .iter()
            .map(|entry| entry.metadata_file.clone()),
    );
    urls.extend(
        metadata
            .snapshots()
            .map(|snapshot| snapshot.manifest_list().to_owned()),
    );
    let manifests = manifest::manifests(&opened.table).await?;
    urls.extend(manifests.into_iter().map(|manifest| manifest.manifest_path));
    let keys = urls.iter().filter_map(|url| opened.place.key_of(url));
    Ok(keys
        .chain(opened.files.iter().map(|file| file.key.clone()))
        .collect())
}
