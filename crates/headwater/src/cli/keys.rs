// SPDX-License-Identifier: Apache-2.0
//! `keys`: one set of keys for every way in, as a table, shell lines or JSON; the list of keys;
//! revoking one.

mod list;
mod revoke;
mod variables;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value};

use super::paint::Paint;
use super::server::ServerArgs;
use super::table::{Align, Table};
use super::{Failure, block_on, note};

/// Keys for AWS clients, SQL clients and the HTTP API
#[derive(Debug, Subcommand)]
pub enum Keys {
    Create(Create),
    Ls(list::List),
    Revoke(revoke::Revoke),
}

/// Make a set of keys; it is shown this once
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  eval \"$(headwater keys create --data ./data --format env)\"
  aws iot list-things
  psql -c 'select * from telemetry order by time desc limit 10'")]
pub struct Create {
    /// What the keys are for, as lists show it
    #[arg(long, default_value = "command line", value_name = "TEXT")]
    label: String,
    /// What they may do
    #[arg(long, value_enum, default_value_t = Role::Admin)]
    role: Role,
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
            Self::Ls(list) => list.run(),
            Self::Revoke(revoke) => revoke.run(),
        }
    }
}

impl Create {
    fn run(&self) -> Result<(), Failure> {
        let role = match self.role {
            Role::Admin => "admin",
            Role::Read => "read",
        };
        let (keys, doors) = block_on(async {
            let client = self.server.client()?;
            let doors = client.doors().await?;
            Ok((client.create_keys(&self.label, role).await?, doors))
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
