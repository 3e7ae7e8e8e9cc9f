// SPDX-License-Identifier: Apache-2.0
//! `accounts`: tenants of one server: list, make.

use clap::{Args, Subcommand};
use http::Method;
use hw_model::AccountId;
use serde_json::json;

use super::objects::{self, Column};
use super::server::ServerArgs;
use super::{Failure, block_on, note};

/// Accounts: each has things, tables, users and keys of its own
#[derive(Debug, Subcommand)]
pub enum Accounts {
    /// List accounts
    #[command(after_help = "\
Example:
  headwater accounts ls --data ./data")]
    Ls(List),
    /// Make an account; prints its number
    #[command(after_help = "\
Examples:
  headwater accounts create 'Water works' --data ./data
  headwater keys create --account 123456789012 --data ./data")]
    Create(Create),
}

/// Which server.
#[derive(Debug, Args)]
pub struct List {
    /// Print an array of objects for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// What to make.
#[derive(Debug, Args)]
pub struct Create {
    /// What people call it
    name: String,
    /// Its twelve digits [default: made up]
    #[arg(long, value_name = "ID")]
    id: Option<AccountId>,
    /// Print an object for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

const COLUMNS: &[Column] = &[
    ("account", "account"),
    ("name", "name"),
    ("created", "created"),
];

impl Accounts {
    pub(super) fn run(&self) -> Result<(), Failure> {
        block_on(async {
            match self {
                Self::Ls(list) => {
                    let client = list.server.client()?;
                    let answer = client.ask(Method::GET, "/api/v1/accounts", None).await?;
                    objects::show(&answer["accounts"], COLUMNS, list.json)
                }
                Self::Create(create) => {
                    let client = create.server.client()?;
                    let id = create.id.map(|id| id.to_string());
                    let body = json!({"name": create.name, "account": id});
                    let made = client
                        .ask(Method::POST, "/api/v1/accounts", Some(&body))
                        .await?;
                    if create.json {
                        return Ok(super::print_line(&format!("{made:#}"))?);
                    }
                    let account = made["account"].as_str().unwrap_or_default();
                    super::print_line(account)?;
                    note(&format!(
                        "Keys for it: headwater keys create --account {account} --data DIR"
                    ));
                    Ok(())
                }
            }
        })
    }
}
