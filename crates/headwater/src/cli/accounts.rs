// SPDX-License-Identifier: Apache-2.0
//! `accounts`: tenants of one server: list, make. One that was made stays.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use http::Method;
use hw_model::AccountId;
use serde_json::json;

use super::kept::{ACCOUNTS, FromFile, List, Show};
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
    /// Print one, by its number
    #[command(after_help = "\
Example:
  headwater accounts show 123456789012 --json --data ./data > works.json")]
    Show(Show),
    /// Make an account; prints its number
    #[command(after_help = "\
Examples:
  headwater accounts create -f works.json --data ./data
  headwater accounts create 'Water works' --data ./data
  headwater keys create --account 123456789012 --data ./data")]
    Create(Create),
}

/// What to make.
#[derive(Debug, Args)]
pub struct Create {
    /// What people call it
    #[arg(required_unless_present = "file")]
    name: Option<String>,
    /// Its twelve digits [default: made up]
    #[arg(long, value_name = "ID")]
    id: Option<AccountId>,
    /// A JSON object with name and account, or an array of them, in their place; `-` is stdin
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["name", "id"])]
    file: Option<PathBuf>,
    /// Print an object for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

impl Accounts {
    pub(super) fn run(&self) -> Result<(), Failure> {
        block_on(async {
            match self {
                Self::Ls(list) => ACCOUNTS.ls(list).await,
                Self::Show(show) => ACCOUNTS.show(show).await,
                Self::Create(create) => {
                    if let Some(file) = &create.file {
                        let server = create.server.clone();
                        let from = FromFile::new(file.clone(), create.json, server);
                        return ACCOUNTS.create(&from).await;
                    }
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
