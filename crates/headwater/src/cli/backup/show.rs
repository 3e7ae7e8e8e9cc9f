// SPDX-License-Identifier: Apache-2.0
//! `backup show`: what a backup says of itself.

use std::path::PathBuf;

use clap::Args;
use hw_backup::{About, Archive, MasterKeyPlace, Nowhere};
use serde_json::json;

use super::damaged;
use super::open::{opened, refused};
use crate::cli::paint::Paint;
use crate::cli::progress::size;
use crate::cli::table::{Align, Table, harmless};
use crate::cli::{Failure, note, print, print_line};

/// Show what is in a backup: when and by which release it was made, whose data it is, what point
/// in time it can be restored to
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater backup show --from /mnt/backups/today.tar
  headwater backup show --from /mnt/backups/today.tar --files")]
pub(super) struct Show {
    /// The backup
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Passphrase of an encrypted one
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// List every file in it too; that reads and checks all of it
    #[arg(long)]
    files: bool,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let from = opened(&self.from, self.passphrase_file.as_deref(), |_| {})?;
        let refused = |error| refused(&self.from, &error);
        let archive = Archive::open(from).map_err(refused)?;
        let about = archive.about().clone();
        if !self.files {
            return match self.json {
                true => Ok(print_line(&format!("{:#}", json!(about)))?),
                false => Ok(print(&lines(&about))?),
            };
        }
        let manifest = archive.read(&mut Nowhere).map_err(refused)?;
        if self.json {
            return Ok(print_line(&format!("{:#}", json!(manifest)))?);
        }
        let mut table = Table::new([
            ("file", Align::Left),
            ("bytes", Align::Right),
            ("sha256", Align::Left),
        ]);
        let said = damaged::said(&manifest);
        for file in manifest.files {
            table.push([file.name, file.bytes.to_string(), file.sha256]);
        }
        let table = table.render(Paint::for_stdout());
        print(&format!("{}\n{table}", lines(&about)))?;
        if let Some(said) = said {
            note(&said);
        }
        Ok(())
    }
}

fn lines(about: &About) -> String {
    let accounts: Vec<_> = about
        .accounts
        .iter()
        .map(|account| format!("{} ({})", account.account, account.name))
        .collect();
    let key = match about.master_key {
        MasterKeyPlace::Archive => "in the backup",
        MasterKeyPlace::Environment => "not in the backup: give it as to the first server",
    };
    let lines = [
        ("made by", format!("headwater {}", about.headwater)),
        ("recovery point", about.recovery_point.clone()),
        ("accounts", accounts.join(", ")),
        ("files", format!("{}, {}", about.files, size(about.bytes))),
        ("master key", key.to_owned()),
        ("restores to", format!("from {}", about.earliest_position)),
        ("", format!("to   {}", about.position)),
        ("format", about.format.to_string()),
    ];
    let line = |(name, value): (&str, String)| format!("{name:<16}{}\n", harmless(&value));
    lines.map(line).concat()
}
