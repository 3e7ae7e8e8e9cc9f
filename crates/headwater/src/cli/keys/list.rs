// SPDX-License-Identifier: Apache-2.0
//! `keys ls`: keys without their secrets.

use clap::Args;

use crate::cli::kept::{self, KEYS};
use crate::cli::{Failure, block_on};

/// List keys, without their secrets
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  headwater keys ls --data ./data

By --url and --api-key the list has that key and those that it made.")]
pub struct List {
    #[command(flatten)]
    list: kept::List,
}

impl List {
    pub(super) fn run(&self) -> Result<(), Failure> {
        block_on(KEYS.ls(&self.list))
    }
}
