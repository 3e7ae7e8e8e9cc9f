// SPDX-License-Identifier: Apache-2.0
//! `keys`: one set of keys for every way in, as a table, shell lines or JSON, from flags or a file; the
//! list of keys; revoking one.

mod revoke;
mod variables;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value};

use super::kept::{KEYS, List, Show};
use super::paint::Paint;
use super::server::ServerArgs;
use super::table::{Align, Table};
use super::{Failure, block_on, note};

/// Keys for AWS clients, SQL clients and the HTTP API
#[derive(Debug, Subcommand)]
pub enum Keys {
    Create(Create),
    /// List keys, without their secrets
    #[command(after_help = "\
Example:
  headwater keys ls --data ./data

By --url and --api-key the list has that key and those that it made.")]
    Ls(List),
    /// Print one, without its secret
    #[command(after_help = "\
Example:
  headwater keys show 0123456789abcdef --json --data ./data > dashboard.json")]
    Show(Show),
    #[command(visible_alias = "rm")]
    Revoke(revoke::Revoke),
}

/// Make a set of keys; it is shown this once
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  eval \"$(headwater keys create --data ./data --format env)\"
  aws iot list-things
  headwater keys create -f dashboard.json --format env --data ./data
  psql -c 'select * from telemetry order by time desc limit 10'

A file has label and role, as `show --json` prints them. A secret is in none: each run makes other keys.")]
pub struct Create {
    /// What the keys are for, as lists show it
    #[arg(long, default_value = "command line", value_name = "TEXT")]
    label: String,
    /// What they may do
    #[arg(long, value_enum, default_value_t = Role::Admin)]
    role: Role,
    /// A JSON object with label and role, in their place; `-` is stdin
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["label", "role"])]
    file: Option<PathBuf>,
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Role {
    /// Everything
    Admin,
    /// Look, and change nothing
    Read,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// `export` lines for a shell
    Env,
    /// For programs
    Json,
}

impl Keys {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(),
            Self::Ls(list) => block_on(KEYS.ls(list)),
            Self::Show(show) => block_on(KEYS.show(show)),
            Self::Revoke(revoke) => revoke.run(),
        }
    }
}

impl Create {
    /// Label and role.
    fn wanted(&self) -> Result<(String, String), Failure> {
        let Some(file) = &self.file else {
            let role = match self.role {
                Role::Admin => "admin",
                Role::Read => "read",
            };
            return Ok((self.label.clone(), role.to_owned()));
        };
        let objects = KEYS.read(file)?;
        let [object] = objects.as_slice() else {
            return Err(Failure::usage(format!(
                "{} must have one key: each is shown once, in a form of its own",
                file.display()
            )));
        };
        let text = |member: &str| {
            let text = object[member].as_str().map(str::to_owned);
            text.ok_or_else(|| Failure::usage(format!("{} has no text {member:?}", file.display())))
        };
        Ok((text("label")?, text("role")?))
    }

    fn run(&self) -> Result<(), Failure> {
        let (label, role) = self.wanted()?;
        let (keys, doors) = block_on(async {
            let client = self.server.client()?;
            let doors = client.doors().await?;
            Ok((client.create_keys(&label, &role).await?, doors))
        })?;
        let variables = variables::all(&keys, &doors);
        match if self.json { Format::Json } else { self.format } {
            Format::Env => Ok(super::print(&variables::export_lines(&variables))?),
            Format::Json => {
                let pairs = variables
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value.into()));
                let object = Value::Object(pairs.collect::<Map<_, _>>());
                Ok(super::print_line(&format!("{object:#}"))?)
            }
            Format::Table => {
                let mut table = Table::new([("variable", Align::Left), ("value", Align::Left)]);
                for (name, value) in variables {
                    table.push([name.to_owned(), value]);
                }
                super::print(&table.render(Paint::for_stdout()))?;
                note(
                    "Keep these: the secrets are shown this once. --format env gives lines for a shell.",
                );
                Ok(())
            }
        }
    }
}
