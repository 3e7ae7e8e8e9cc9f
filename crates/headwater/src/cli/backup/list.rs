// SPDX-License-Identifier: Apache-2.0
//! `backup list FOLDER`: the backups in a folder, oldest first. Only their beginnings are read.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use hw_backup::Archive;
use serde_json::{Value, json};

use super::open::encrypted;
use crate::cli::paint::Paint;
use crate::cli::progress::size;
use crate::cli::table::{Align, Table};
use crate::cli::{Failure, note, print, print_line};

/// List the backups in a folder, oldest first
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  headwater backup list /mnt/backups")]
pub(super) struct List {
    /// The folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

/// A backup, as far as it can be known without a passphrase.
struct Found {
    name: String,
    bytes: u64,
    encrypted: bool,
    /// Release and recovery point.
    about: Option<(String, String)>,
}

impl List {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let unreadable = |error: std::io::Error| {
            let what = format!("{} can't be read: {error}", self.folder.display());
            match error.kind() {
                std::io::ErrorKind::NotFound => Failure::not_found(what),
                _ => Failure::failed(what),
            }
        };
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_file() && path.extension().is_none_or(|ending| ending != "partial") {
                found.extend(look(&path));
            }
        }
        found.sort_by_key(|found| {
            (
                found.about.clone().map(|(_, point)| point),
                found.name.clone(),
            )
        });
        if self.json {
            let all: Vec<Value> = found.iter().map(Found::json).collect();
            return Ok(print_line(&format!("{:#}", json!(all)))?);
        }
        if found.is_empty() {
            note("There is no backup in this folder.");
            return Ok(());
        }
        let mut table = Table::new([
            ("file", Align::Left),
            ("size", Align::Right),
            ("recovery point", Align::Left),
            ("made by", Align::Left),
            ("encrypted", Align::Left),
        ]);
        for found in found {
            let (release, point) = found.about.unwrap_or_default();
            let encrypted = if found.encrypted { "yes" } else { "no" };
            let size = size(found.bytes);
            table.push([found.name, size, point, release, encrypted.to_owned()]);
        }
        Ok(print(&table.render(Paint::for_stdout()))?)
    }
}

impl Found {
    fn json(&self) -> Value {
        json!({
            "file": self.name,
            "bytes": self.bytes,
            "encrypted": self.encrypted,
            "headwater": self.about.as_ref().map(|(release, _)| release),
            "recovery_point": self.about.as_ref().map(|(_, point)| point),
        })
    }
}

/// What a file is, if it is a backup.
fn look(path: &Path) -> Option<Found> {
    let mut file = File::open(path).ok()?;
    let encrypted = encrypted(&mut file).ok()?;
    let bytes = file.metadata().ok()?.len();
    let about = match encrypted {
        true => None,
        false => {
            let archive = Archive::open(file).ok()?;
            let about = archive.about();
            Some((about.headwater.clone(), about.recovery_point.clone()))
        }
    };
    Some(Found {
        name: path.file_name()?.to_string_lossy().into_owned(),
        bytes,
        encrypted,
        about,
    })
}
