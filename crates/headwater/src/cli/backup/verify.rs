// SPDX-License-Identifier: Apache-2.0
//! `backup verify`: reads a backup to its end and checks everything, and writes nothing.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use hw_backup::{Archive, Nowhere};
use serde_json::json;

use super::damaged;
use super::open::{opened, refused};
use crate::cli::progress::{Progress, size};
use crate::cli::{Failure, print_line};

/// Check that a backup is whole: every file by its SHA-256, and that it can be restored
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater backup verify --from /mnt/backups/today.tar
  headwater backup verify --from /mnt/backups/today.age --passphrase-file ./passphrase")]
pub(super) struct Verify {
    /// The backup
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Passphrase of an encrypted one
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let bytes = std::fs::metadata(&self.from).map(|facts| facts.len()).ok();
        let progress = Arc::new(Mutex::new(Progress::start("Verifying", bytes)));
        let shown = progress.clone();
        let done = move |count| {
            shown
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .to(count)
        };
        let from = opened(&self.from, self.passphrase_file.as_deref(), done);
        let read = from.and_then(|from| {
            Archive::open(from)
                .and_then(|archive| archive.read(&mut Nowhere))
                .map_err(|error| refused(&self.from, &error))
        });
        progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .end();
        let manifest = read?;
        let about = &manifest.about;
        let said = match self.json {
            true => {
                let mut answer = json!({"ok": true, "about": about});
                damaged::add(&mut answer, &manifest);
                format!("{answer:#}")
            }
            false => {
                let whole = format!(
                    "{} is whole: {} files, {}, everything acknowledged before {}.",
                    self.from.display(),
                    about.files,
                    size(about.bytes),
                    about.recovery_point
                );
                match damaged::said(&manifest) {
                    Some(said) => format!("{whole}\n{said}"),
                    None => whole,
                }
            }
        };
        Ok(print_line(&said)?)
    }
}
