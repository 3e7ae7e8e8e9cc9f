// SPDX-License-Identifier: Apache-2.0
//! `docs`: pages of the documentation that are made from the code.

use clap::Subcommand;

use super::Failure;

/// Documentation that is made from the code
#[derive(Debug, Subcommand)]
pub enum Docs {
    /// Print which AWS operations work, as Markdown
    AwsCoverage,
}

impl Docs {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let Self::AwsCoverage = self;
        Ok(super::print(&hw_aws::coverage::markdown())?)
    }
}
