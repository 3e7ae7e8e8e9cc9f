// SPDX-License-Identifier: Apache-2.0
//! `units`: what units metrics have. All of an account's are one list.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use http::Method;

use super::kept::file::{self, Wanted};
use super::objects::{self, Column};
use super::server::ServerArgs;
use super::{Failure, block_on, note, print_line};

const PATH: &str = "/api/v1/units";
const COLUMNS: &[Column] = &[("metric", "metric"), ("unit", "unit"), ("type", "type")];

/// Units of metrics, which the console shows
#[derive(Debug, Subcommand)]
pub enum Units {
    Show(Show),
    Change(Change),
}

/// Print them all
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater units show --data ./data
  headwater units show --json --data ./data > units.json")]
pub struct Show {
    /// Print the whole object for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// Put those of a file in the place of all, as `show --json` prints them
///
/// Refused if somebody else has changed them since they were read.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater units change -f units.json --data ./data

A file has version, as it was read (0 before the first), and units: objects with metric, unit and, if it is
for things of one type alone, type.")]
pub struct Change {
    /// A JSON object; `-` is stdin
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Print what the server answers for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

impl Units {
    pub(super) fn run(&self) -> Result<(), Failure> {
        block_on(async {
            match self {
                Self::Show(show) => show.run().await,
                Self::Change(change) => change.run().await,
            }
        })
    }
}

impl Show {
    async fn run(&self) -> Result<(), Failure> {
        let mut all = self.server.client()?.ask(Method::GET, PATH, None).await?;
        match self.json {
            true => Ok(print_line(&format!("{all:#}"))?),
            false => objects::show(&all["units"].take(), COLUMNS, false),
        }
    }
}

impl Change {
    async fn run(&self) -> Result<(), Failure> {
        let wanted = Wanted {
            one: "list of units",
            members: &["version", "units"],
        };
        let read = file::objects(&self.file, &file::text(&self.file)?, wanted)?;
        let [all] = read.as_slice() else {
            return Err(Failure::usage("the file has not one object, but several"));
        };
        let client = self.server.client()?;
        let changed = client.ask(Method::PUT, PATH, Some(all)).await?;
        if self.json {
            print_line(&format!("{changed:#}"))?;
        }
        note("Changed the units.");
        Ok(())
    }
}
