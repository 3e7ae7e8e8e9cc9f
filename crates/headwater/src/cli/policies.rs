// SPDX-License-Identifier: Apache-2.0
//! `policies`: what devices may do, in versions of which one counts.

use clap::{Args, Subcommand};
use http::Method;
use serde_json::json;

use super::kept::{Kept, POLICIES};
use super::objects::segment;
use super::server::ServerArgs;
use super::{Failure, block_on, note};

/// Policies: what devices may do
#[derive(Debug, Subcommand)]
pub enum Policies {
    #[command(flatten)]
    Kept(Kept),
    Default(Default),
}

/// Let another version of a policy count, at once
///
/// A change with `policies change` makes a version that counts; `policies show` lists the versions that
/// there are.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  headwater policies default pumps 2 --data ./data")]
pub struct Default {
    /// Name of the policy
    name: String,
    /// Number of the version
    version: i64,
    #[command(flatten)]
    server: ServerArgs,
}

impl Policies {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match self {
            Self::Kept(kept) => kept.run(&POLICIES),
            Self::Default(default) => block_on(default.run()),
        }
    }
}

impl Default {
    async fn run(&self) -> Result<(), Failure> {
        let client = self.server.client()?;
        let path = format!("/api/v1/policies/{}/default", segment(&self.name));
        let body = json!({"version": self.version});
        client.ask(Method::PUT, &path, Some(&body)).await?;
        note(&format!(
            "Version {} of policy {} counts from now on.",
            self.version, self.name
        ));
        Ok(())
    }
}
