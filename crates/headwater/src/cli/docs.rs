// SPDX-License-Identifier: Apache-2.0
//! `docs`: pages of the documentation that are made from the code.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Failure, manual};

/// Documentation that is made from the code
#[derive(Debug, Subcommand)]
pub enum Docs {
    /// Print which AWS operations work, as Markdown
    AwsCoverage,
    /// Print the description of the HTTP API (OpenAPI 3.1, JSON)
    Openapi,
    /// Write the manual pages, one for each verb
    Man {
        /// Folder to write them into; made if it is not there
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

impl Docs {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let text = match self {
            Self::AwsCoverage => hw_aws::coverage::markdown(),
            Self::Openapi => hw_api::document::text(),
            Self::Man { folder } => {
                let written = manual::write(super::command(), folder);
                return written.map_err(|error| {
                    let folder = folder.display();
                    Failure::failed(format!("the pages can't be written into {folder}: {error}"))
                });
            }
        };
        Ok(super::print(&text)?)
    }
}
