// SPDX-License-Identifier: Apache-2.0
//! `backup --data DIR --to FILE`: through the server's admin socket if one runs, else by itself.

use std::path::{Path, PathBuf};
use std::time::Instant;

use bytes::Bytes;
use clap::Args;
use hw_backup::{About, Damaged, MasterKeyPlace};
use serde_json::json;
use tokio::sync::mpsc;

use super::damaged;
use crate::backup::{PipeReader, SaveError, Saved, Target, save, stopped};
use crate::cli::progress::{Progress, size};
use crate::cli::{Failure, background, block_on, note, passphrase, print, print_line};
use crate::client::{Client, ClientError};

/// Flags of `backup` without a verb.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// Data folder
    #[arg(long, env = "HEADWATER_DATA", value_name = "DIR", required = true)]
    data: Option<PathBuf>,
    /// File to write; for a folder that is there, a file in it named by the time
    #[arg(long, value_name = "FILE", required = true)]
    to: Option<PathBuf>,
    /// Encrypt it with the passphrase in this file
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Replace FILE if it is there
    #[arg(long)]
    force: bool,
    /// Copy damaged objects of tables as they are and name them, where no whole file can be had
    #[arg(long)]
    with_damaged: bool,
    /// Print what was made as JSON
    #[arg(long)]
    json: bool,
}

type Pieces = mpsc::Receiver<std::io::Result<Bytes>>;

impl Create {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let (Some(data), Some(to)) = (&self.data, &self.to) else {
            return Err(Failure::usage("say --data DIR and --to FILE"));
        };
        let file = self.passphrase_file.as_deref();
        let target = Target {
            path: named(to, file.is_some()),
            replace: self.force,
            passphrase: file.map(passphrase::read).transpose()?,
        };
        if !target.replace && target.path.symlink_metadata().is_ok() {
            return Err(SaveError::Exists(target.path).into());
        }
        let began = Instant::now();
        let (target, saved) = block_on(async {
            let (bytes, pieces) = begin(data, self.damaged()).await?;
            let work = move || {
                background::give_way();
                let mut progress = Progress::start("Backing up", bytes);
                let saved = save(PipeReader::new(pieces), &target, &mut |done| {
                    progress.to(done)
                });
                progress.end();
                saved.map(|saved| (target, saved))
            };
            let saved = tokio::task::spawn_blocking(work).await;
            let saved = saved.map_err(|error| Failure::failed(error.to_string()))?;
            saved.map_err(Failure::from)
        })?;
        self.tell(data, &target, &saved, began)
    }

    fn damaged(&self) -> Damaged {
        match self.with_damaged {
            true => Damaged::Copy,
            false => Damaged::Refuse,
        }
    }

    fn tell(&self, data: &Path, to: &Target, saved: &Saved, began: Instant) -> Result<(), Failure> {
        let about = &saved.manifest.about;
        if self.json {
            let mut made = json!({
                "file": to.path,
                "bytes": saved.bytes,
                "encrypted": to.passphrase.is_some(),
                "seconds": began.elapsed().as_secs_f64(),
                "about": about,
            });
            damaged::add(&mut made, &saved.manifest);
            print_line(&format!("{made:#}"))?;
        } else {
            let summary = format!(
                "Backed up {} to {}: {} in {} files, {:.1} s.\n\
                 In it is everything acknowledged before {}.\n",
                data.display(),
                to.path.display(),
                size(saved.bytes),
                about.files,
                began.elapsed().as_secs_f64(),
                about.recovery_point,
            );
            print(&summary)?;
        }
        warn(about, to);
        damaged::warn(&saved.manifest);
        Ok(())
    }
}

/// What whoever keeps the file must know.
fn warn(about: &About, to: &Target) {
    match (about.master_key, &to.passphrase) {
        (MasterKeyPlace::Environment, _) => note(
            "The master key is not in it: the server has it from its environment. Keep it \
             elsewhere; a restored server needs it in the same way.",
        ),
        (MasterKeyPlace::Archive, None) => note(
            "It is not encrypted and holds the master key and all secrets: whoever reads this \
             file can be this server. Only its owner may (0600). --passphrase-file encrypts it.",
        ),
        (MasterKeyPlace::Archive, Some(_)) => {
            note("It is encrypted: without the passphrase it can't be restored, by nobody.");
        }
    }
}

/// The bytes of the backup, from the server or from a folder that none uses.
async fn begin(data: &Path, damaged: Damaged) -> Result<(Option<u64>, Pieces), Failure> {
    match Client::local(data) {
        Ok(client) => match client.backup(damaged).await {
            Err(ClientError::NoServer { .. }) => {}
            begun => return Ok(begun?),
        },
        Err(ClientError::NoServer { .. }) => {}
        Err(other) => return Err(other.into()),
    }
    // `serve` would make a data folder of any folder; a backup of nothing helps nobody.
    if !data.join("catalog.db").exists() {
        let what = format!(
            "{} is not a data folder: it has no catalog.db",
            data.display()
        );
        return Err(Failure::not_found(what));
    }
    let (about, pieces) = stopped(data, damaged)
        .await
        .map_err(|error| Failure::failed(error.to_string()))?;
    Ok((Some(about.bytes), pieces))
}

/// For a folder, a name by the time in it.
fn named(to: &Path, encrypted: bool) -> PathBuf {
    if !to.is_dir() {
        return to.to_owned();
    }
    let format =
        time::macros::format_description!("[year]-[month]-[day]T[hour]-[minute]-[second]Z");
    let now = time::OffsetDateTime::now_utc().format(&format);
    let ending = if encrypted { "tar.age" } else { "tar" };
    to.join(format!("headwater-{}.{ending}", now.unwrap_or_default()))
}

impl From<SaveError> for Failure {
    fn from(error: SaveError) -> Self {
        match error {
            SaveError::Exists(_) => Self::usage(error.to_string()),
            _ => Self::failed(error.to_string()),
        }
    }
}
