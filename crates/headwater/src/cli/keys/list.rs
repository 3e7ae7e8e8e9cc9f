// SPDX-License-Identifier: Apache-2.0
//! `keys ls`: keys without their secrets.

use clap::Args;
use http::Method;

use crate::cli::objects::{self, Column};
use crate::cli::server::ServerArgs;
use crate::cli::{Failure, block_on};

/// List keys, without their secrets
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  headwater keys ls --data ./data

By --url and --api-key the list has that key and those that it made.")]
pub struct List {
    /// Print an array of objects for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

const COLUMNS: &[Column] = &[
    ("id", "id"),
    ("kind", "kind"),
    ("label", "label"),
    ("role", "role"),
    ("made by", "made_by"),
    ("created", "created"),
    ("last used", "last_used"),
];

impl List {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let answer = block_on(async {
            let client = self.server.client()?;
            Ok(client.ask(Method::GET, "/api/v1/keys", None).await?)
        })?;
        objects::show(&answer["keys"], COLUMNS, self.json)
    }
}
