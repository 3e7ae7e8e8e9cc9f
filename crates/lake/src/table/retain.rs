// SPDX-License-Identifier: Apache-2.0
//! Retention: whole days that are older than they are to be kept leave a table, by one commit that
//! rewrites nothing. Their files go with the sweep, once no kept snapshot reaches them.

use std::collections::{BTreeSet, HashSet};

use hw_kernel::port::tables::{DataFile, TableError};
use hw_kernel::port::upkeep::Retained;
use iceberg::spec::Operation;

use super::LakeTable;
use super::change::Change;
use super::plan::day_of;
use crate::env::Env;
use crate::error::table_error;

impl LakeTable {
    /// Drops the days before `day`, in days since 1970-01-01.
    pub async fn drop_before(&self, env: &Env, day: i32) -> Result<Retained, TableError> {
        let _alone = self.upkeep.lock().await;
        let opened = self.opened(env).await?;
        let old = |file: &&DataFile| day_of(file).is_some_and(|of| of < day);
        let files: Vec<&DataFile> = opened.files.iter().filter(old).collect();
        if files.is_empty() {
            return Ok(Retained::default());
        }
        let days: BTreeSet<_> = files.iter().filter_map(|file| day_of(file)).collect();
        let dropped = Retained {
            days: days.len() as u64,
            files: files.len() as u64,
            rows: files.iter().map(|file| file.rows).sum(),
            bytes: files.iter().map(|file| file.bytes).sum(),
        };
        let urls = files.iter().map(|file| opened.place.url_of(&file.key));
        let change = Change {
            commit: uuid::Uuid::new_v4(),
            operation: Operation::Delete,
            added: Vec::new(),
            removed: urls.collect::<HashSet<_>>(),
            forgotten: Vec::new(),
        };
        let dropping = self.change_files(env, change).await;
        dropping.map_err(|error| table_error(&self.name, &error))?;
        Ok(dropped)
    }
}
