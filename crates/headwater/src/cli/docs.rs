// SPDX-License-Identifier: Apache-2.0
//! `docs`: pages of the documentation that are made from the code.

use clap::Subcommand;

use super::Failure;

/// Documentation that is made from the code
#[derive(Debug, Subcommand)]
pub enum Docs {
    /// Print which AWS operations work, as Markdown
    AwsCoverage,
    /// Print the description of the HTTP API (OpenAPI 3.1, JSON)
    Openapi,
}

impl Docs {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let text = match self {
            Self::AwsCoverage => hw_aws::coverage::markdown(),
            Self::Openapi => hw_api::document::text(),
        };
        Ok(super::print(&text)?)
    }
}
