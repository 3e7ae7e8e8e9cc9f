// SPDX-License-Identifier: Apache-2.0
//! `links`: one-time links to a page of the console. They are kept in memory alone, so that there is
//! nothing to list.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use http::Method;
use serde_json::{Value, json};

use super::kept::file::{self, Wanted};
use super::server::ServerArgs;
use super::{Failure, block_on, note, users};

/// Links that open a page of the console once, for somebody who cannot sign in
#[derive(Debug, Subcommand)]
pub enum Links {
    Create(Create),
}

/// Make a link; prints it, this once
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater links create /dashboards/water --data ./data
  headwater links create -f link.json --data ./data

A file has path, and may have role.")]
pub struct Create {
    /// The page, as it stands in the address
    #[arg(required_unless_present = "file")]
    path: Option<String>,
    /// What its opener may do
    #[arg(long, value_enum, default_value_t = Role::Read)]
    role: Role,
    /// A JSON object with path and role, or an array of them, in their place; `-` is stdin
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["path", "role"])]
    file: Option<PathBuf>,
    /// Print what the server answers for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Role {
    /// Everything in the account
    Admin,
    /// Look, and change nothing
    Read,
}

impl Links {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let Self::Create(create) = self;
        block_on(create.run())
    }
}

impl Create {
    async fn run(&self) -> Result<(), Failure> {
        let wanted = self.wanted()?;
        let client = self.server.client()?;
        for body in &wanted {
            let made = client.ask(Method::POST, "/api/v1/links", Some(body));
            let made = made.await?;
            if self.json {
                super::print_line(&format!("{made:#}"))?;
                continue;
            }
            let site = users::site(&client.doors().await?)?;
            let path = made["path"].as_str().unwrap_or_default();
            super::print_line(&format!("{site}{path}"))?;
            let seconds = made["valid_seconds"].as_u64().unwrap_or_default();
            note(&format!("It opens once, within {seconds} seconds."));
        }
        Ok(())
    }

    fn wanted(&self) -> Result<Vec<Value>, Failure> {
        if let Some(path) = &self.file {
            let wanted = Wanted {
                one: "link",
                members: &["path", "role"],
            };
            return file::objects(path, &file::text(path)?, wanted);
        }
        let role = match self.role {
            Role::Admin => "admin",
            Role::Read => "read",
        };
        Ok(vec![json!({"path": self.path, "role": role})])
    }
}
