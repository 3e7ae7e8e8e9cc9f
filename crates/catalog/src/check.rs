// SPDX-License-Identifier: Apache-2.0
//! Looking at a database before it is opened: is it what was written?

use std::collections::BTreeSet;
use std::path::Path;

use hw_kernel::port::catalog::CatalogError;
use sqlx::SqliteConnection;

use crate::error::engine;
use crate::sums::{self, Sums};
use crate::wal::{self, Wal};

/// Pages that are named.
const NAMED_MAX: usize = 5;

/// What is known of a database's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// Their checksums are right.
    Checked,
    /// There are no checksums to go by; SQLite's own check must do.
    Unchecked,
}

/// Compares a database with its checksums; a new one has none.
pub(crate) fn look(path: &Path) -> Result<Known, CatalogError> {
    let failed = |error| engine(sqlx::Error::Io(error));
    let wal = wal::read(path).map_err(failed)?;
    let sums = Sums::load(path).map_err(failed)?;
    if let Some(Wal {
        cut_off: lost @ 2..,
        ..
    }) = wal
    {
        return Err(CatalogError::Damaged(format!(
            "{} is damaged, and the last {lost} changes lie behind the damage; restore the folder \
             from a backup, or delete that file to go on without every change in it",
            wal::path_of(path).display(),
        )));
    }
    let Some(sums) = sums else {
        return Ok(Known::Unchecked);
    };
    // Somebody else's last connection has emptied and removed it: pages changed, and rightly.
    if wal.is_none() && !sums.closed {
        return Ok(Known::Unchecked);
    }
    let newer = wal.map(|wal| wal.pages).unwrap_or_default();
    let damaged = match sums.damaged(path, &newer) {
        Ok(damaged) => damaged,
        Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => (1..=sums.len()).collect(),
        Err(error) => return Err(failed(error)),
    };
    if damaged.is_empty() {
        return Ok(Known::Checked);
    }
    let named: Vec<_> = damaged
        .iter()
        .take(NAMED_MAX)
        .map(usize::to_string)
        .collect();
    Err(CatalogError::Damaged(format!(
        "{} is damaged: {} of its {} pages are not what was written (page {}{}); restore the folder \
         from a backup; only if another program has changed the file, delete {} and start again",
        path.display(),
        damaged.len(),
        sums.len(),
        named.join(", "),
        if damaged.len() > NAMED_MAX {
            ", …"
        } else {
            ""
        },
        sums::path_of(path).display(),
    )))
}

/// Stores the checksums of the pages that a checkpoint has brought into the database. If that
/// fails, there are none: old ones would call the new pages damaged.
pub(crate) fn renew(path: &Path, frames: usize, closed: bool) -> std::io::Result<()> {
    let renewed = (|| {
        let changed = match frames {
            0 => BTreeSet::new(),
            _ => wal::pages(path, frames)?,
        };
        let mut sums = Sums::of(path, Sums::load(path)?, &changed)?;
        sums.closed = closed;
        sums.store(path)
    })();
    if renewed.is_err() {
        std::fs::remove_file(sums::path_of(path))?;
    }
    renewed
}

/// Looks for damaged pages as far as SQLite can tell; names the first findings.
pub(crate) async fn quick_check(connection: &mut SqliteConnection) -> Result<(), CatalogError> {
    let findings: Vec<String> = sqlx::query_scalar("PRAGMA quick_check(5)")
        .fetch_all(connection)
        .await
        .map_err(engine)?;
    match findings.as_slice() {
        [only] if only == "ok" => Ok(()),
        _ => Err(CatalogError::Damaged(findings.join("; "))),
    }
}
