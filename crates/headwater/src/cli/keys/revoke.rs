// SPDX-License-Identifier: Apache-2.0
//! `keys revoke`: ends a key at once.

use clap::Args;
use http::Method;

use crate::cli::server::ServerArgs;
use crate::cli::{Failure, block_on, objects};

/// End a key, the keys that it made, and their sessions
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater keys revoke 0123456789abcdef --data ./data
  headwater keys revoke AKIAXXXXXXXXXXXXXXXX --data ./data")]
pub struct Revoke {
    /// As `headwater keys ls` shows it
    id: String,
    #[command(flatten)]
    server: ServerArgs,
}

impl Revoke {
    pub(super) fn run(&self) -> Result<(), Failure> {
        block_on(async {
            let path = format!("/api/v1/keys/{}", objects::segment(&self.id));
            let client = self.server.client()?;
            client.ask(Method::DELETE, &path, None).await?;
            Ok(crate::cli::print_line(&format!("Revoked {}.", self.id))?)
        })
    }
}
