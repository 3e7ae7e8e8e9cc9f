// SPDX-License-Identifier: Apache-2.0
//! `restore`: from a backup to a new data folder.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use clap::Args;
use hw_backup::{ArchiveError, MasterKeyPlace};
use hw_kernel::port::position::Position;
use serde_json::json;
use tokio::runtime::Handle;

use super::progress::Progress;
use super::{Failure, backup, block_on, note, print, print_line};
use crate::restore::{Point, RestoreError, Restored, restore};

/// Restore a backup into a new or empty folder
///
/// The folder is there when every file of the backup was checked, or not at all. `headwater serve`
/// starts on it with the same accounts, certificates, keys, policies and rows. Point in time: the
/// log can be cut at an earlier position or time than the backup's, but not before what the tables
/// held, and the last checkpoint of sessions, when it was made; `headwater backup show` says from where to where.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater restore --from /mnt/backups/today.tar --data ./restored
  headwater restore --from today.tar.age --passphrase-file ./passphrase --data ./restored
  headwater restore --from today.tar --data ./restored --to-time 2026-11-29T12:00:00Z")]
pub struct Restore {
    /// The backup
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Folder to make
    #[arg(long, value_name = "NEWDIR")]
    data: PathBuf,
    /// Passphrase of an encrypted one
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Leave out what the log holds behind this position
    #[arg(long, value_name = "POSITION", conflicts_with = "to_time")]
    to_position: Option<Position>,
    /// Leave out what the log holds from later than this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = Point::time)]
    to_time: Option<Point>,
    /// Print what was restored as JSON
    #[arg(long)]
    json: bool,
}

impl Restore {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let began = Instant::now();
        let position = self.to_position.clone().map(Point::Position);
        let point = position.or(self.to_time.clone());
        let bytes = std::fs::metadata(&self.from).map(|facts| facts.len()).ok();
        let progress = Arc::new(Mutex::new(Progress::start("Restoring", bytes)));
        let shown = progress.clone();
        let done = move |count| {
            shown
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .to(count)
        };
        let from = backup::opened(&self.from, self.passphrase_file.as_deref(), done)?;
        let data = self.data.clone();
        let restored = block_on(async move {
            let runtime = Handle::current();
            let work = move || restore(from, &data, point.as_ref(), &runtime);
            let restored = tokio::task::spawn_blocking(work).await;
            restored.map_err(|error| Failure::failed(error.to_string()))
        });
        progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .end();
        let restored = restored?.map_err(|error| self.refused(&error))?;
        self.tell(&restored, began)
    }

    fn refused(&self, error: &RestoreError) -> Failure {
        match error {
            RestoreError::Archive(ArchiveError::Io(error)) => {
                Failure::failed(format!("the backup can't be unpacked: {error}"))
            }
            RestoreError::Archive(_) => {
                Failure::failed(format!("{}: {error}", self.from.display()))
            }
            RestoreError::NotEmpty(_) | RestoreError::Outside { .. } => {
                Failure::usage(error.to_string())
            }
            _ => Failure::failed(error.to_string()),
        }
    }

    fn tell(&self, restored: &Restored, began: Instant) -> Result<(), Failure> {
        let about = &restored.manifest.about;
        let data = self.data.display();
        if self.json {
            let mut what = json!({
                "data": self.data,
                "position": restored.position,
                "epoch": restored.epoch,
                "seconds": began.elapsed().as_secs_f64(),
                "about": about,
            });
            backup::add_damaged(&mut what, &restored.manifest);
            print_line(&format!("{what:#}"))?;
        } else {
            let until = match &self.to_time {
                Some(time) => format!("up to {time}"),
                None if self.to_position.is_some() => format!("up to {}", restored.position),
                None => format!("as of {}", about.recovery_point),
            };
            print(&format!(
                "Restored {data} {until}: {} files, {:.1} s.\nStart it: headwater serve --data {data}\n",
                about.files,
                began.elapsed().as_secs_f64(),
            ))?;
        }
        if about.master_key == MasterKeyPlace::Environment {
            note(
                "The master key was not in the backup: start the server with the same \
                 HEADWATER_MASTER_KEY or credential as the first one.",
            );
        }
        backup::warn_of_damaged(&restored.manifest);
        note(
            "The first server and this one share their certificates and keys: run only one of \
             them where devices can reach it.",
        );
        Ok(())
    }
}
