// SPDX-License-Identifier: Apache-2.0
//! `setup-link`: another link for the first administrator, while there is none.

use clap::Args;
use http::Method;

use super::server::ServerArgs;
use super::users::print_link;
use super::{Failure, block_on};

/// Make a link with which the first administrator chooses name and password
///
/// `headwater serve` prints one at its start while there is no administrator. A link opens once,
/// within 24 hours; making one voids the one before.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater setup-link --data ./data
  headwater setup-link --account 123456789012 --data ./data

Is there an administrator who has lost the password? `headwater users reset NAME`.")]
pub struct SetupLink {
    #[command(flatten)]
    server: ServerArgs,
}

impl SetupLink {
    pub(super) fn run(&self) -> Result<(), Failure> {
        block_on(async {
            let client = self.server.client()?;
            let link = client.ask(Method::POST, "/api/v1/setup-link", None).await?;
            print_link(&client, &link).await
        })
    }
}
