// SPDX-License-Identifier: Apache-2.0
//! Making unpacked files a server of its own. The server that was backed up may still live: what
//! the two write from now on must never pass for the same.
//!
//! Producers of records are told apart by the count of starts, and readers drop what they have
//! seen of a producer: so the count leaps ahead, by chance, so that two restores of one backup
//! differ too. Offsets of the log leap ahead likewise.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::path::Path;

use hw_backup::{About, Manifest};
use hw_catalog::SqliteCatalog;
use hw_kernel::Catalog;
use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_kernel::port::position::Position;
use hw_log::restored::{self, CutError};

use super::{Point, RestoreError};
use crate::serve::formats;

/// Least leap of the count of starts: as often the first server may start before the counts meet.
const EPOCHS_MIN: u32 = 1 << 16;

/// What chance adds at most.
const EPOCHS_BY_CHANCE: u32 = 1 << 24;

/// What became of the files.
pub(super) struct Revived {
    /// Where the log ends.
    pub position: Position,
    /// The count of starts so far.
    pub epoch: u32,
}

/// Makes the files in `folder` a server of its own, as of `point`.
pub(super) async fn revive(
    folder: &Path,
    point: Option<&Point>,
    manifest: &Manifest,
) -> Result<Revived, RestoreError> {
    let catalog = SqliteCatalog::open(&folder.join("catalog.db")).await?;
    let revived = with(&catalog, folder, point, &manifest.about).await;
    catalog.close().await?;
    formats::record(folder)?;
    attach_checksums(&folder.join("blobs"))?;
    keep_damaged(folder, manifest)?;
    revived
}

/// Objects have checksums beside them, which no archive carries.
fn attach_checksums(folder: &Path) -> Result<(), RestoreError> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).map_err(RestoreError::at(folder))? {
        let path = entry.map_err(RestoreError::at(folder))?.path();
        match path.is_dir() {
            true => attach_checksums(&path)?,
            false => hw_blobs::attach_checksums(&path).map_err(RestoreError::at(&path))?,
        }
    }
    Ok(())
}

/// What was damaged when it was backed up must not pass for whole: its own checksums find the damage
/// here too. Where none are kept it is left out, because a file that is not there is no wrong answer.
fn keep_damaged(folder: &Path, manifest: &Manifest) -> Result<(), RestoreError> {
    for file in manifest.damaged() {
        let path = folder.join(&file.name);
        let checksums = file.damaged_checksums().unwrap_or_default();
        let kept = hw_blobs::attach_as_they_were(&path, &checksums);
        if !kept.map_err(RestoreError::at(&path))? {
            std::fs::remove_file(&path).map_err(RestoreError::at(&path))?;
        }
    }
    Ok(())
}

async fn with(
    catalog: &SqliteCatalog,
    folder: &Path,
    point: Option<&Point>,
    about: &About,
) -> Result<Revived, RestoreError> {
    let log = folder.join("log");
    let end: Position = about.position.parse().map_err(log_error)?;
    let position = match point {
        None => end,
        Some(point) => cut(catalog, &log, point, &end).await?,
    };
    restored::move_on(&log).map_err(log_error)?;
    let epoch = leap(catalog).await?;
    sign_everybody_out(catalog).await?;
    Ok(Revived { position, epoch })
}

fn log_error(error: impl std::fmt::Display) -> RestoreError {
    RestoreError::Log(error.to_string())
}

/// Removes from the log what lies behind the point.
async fn cut(
    catalog: &SqliteCatalog,
    log: &Path,
    point: &Point,
    end: &Position,
) -> Result<Position, RestoreError> {
    let earliest = hw_backup::earliest(catalog, end).await?;
    let outside = || RestoreError::Outside {
        wanted: point.to_string(),
        earliest: format!("position {earliest}"),
        latest: format!("position {end}"),
    };
    let position = point.position(log).map_err(log_error)?;
    // All streams share one line of offsets.
    let furthest = |of: &Position| of.0.values().copied().max().unwrap_or_default();
    let is_of = |other: &Position| position.0.keys().all(|p| of_epoch(other, p.epoch));
    if !is_of(end)
        || furthest(&position) < furthest(&earliest)
        || furthest(&position) > furthest(end)
    {
        return Err(outside());
    }
    if furthest(&position) < furthest(end) {
        restored::cut(log, &position).map_err(|error| match error {
            CutError::NotHere(_) => outside(),
            other => log_error(other),
        })?;
    }
    Ok(position)
}

fn of_epoch(position: &Position, epoch: u32) -> bool {
    position.0.keys().any(|partition| partition.epoch == epoch)
}

/// Moves the count of starts ahead.
async fn leap(catalog: &SqliteCatalog) -> Result<u32, RestoreError> {
    let rows = catalog.read("SELECT value FROM facts WHERE name = 'epoch'", vec![]);
    let rows = rows.await?;
    let before: u32 = match rows.first() {
        None => 0,
        Some(row) => row
            .text(0)?
            .parse()
            .map_err(|_| CatalogError::Damaged("the count of starts is not a number".to_owned()))?,
    };
    let chance = RandomState::new().build_hasher().finish() as u32 % EPOCHS_BY_CHANCE;
    let epoch = before
        .checked_add(EPOCHS_MIN + chance)
        .ok_or(RestoreError::Epochs)?;
    let sql = "INSERT INTO facts (name, value) VALUES ('epoch', $1) \
               ON CONFLICT (name) DO UPDATE SET value = $1";
    let set = Statement::new(sql, vec![epoch.to_string().into()]).expecting(1);
    catalog.write(vec![set]).await?;
    Ok(epoch)
}

/// Ends sessions and one-time links: somebody who was signed out after the backup must not come
/// back by it, nor a cookie open two servers. Passwords, keys and certificates stay.
async fn sign_everybody_out(catalog: &SqliteCatalog) -> Result<(), RestoreError> {
    let all = ["DELETE FROM sessions", "DELETE FROM user_links"];
    let statements = all.map(|sql| Statement::new(sql, vec![]));
    catalog.write(statements.into()).await?;
    Ok(())
}
