// SPDX-License-Identifier: Apache-2.0
//! `config print-default`: the settings file with every key, explained.

use clap::Subcommand;

use super::Failure;

/// Settings of a server
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Print every setting with its default, explained, as a file for `serve --config`
    #[command(after_help = "\
Example:
  headwater config print-default > headwater.toml
  headwater serve --data ./data --config headwater.toml")]
    PrintDefault,
}

impl Config {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let Self::PrintDefault = self;
        Ok(super::print(crate::config::DEFAULT_TOML)?)
    }
}
