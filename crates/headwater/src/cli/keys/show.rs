// SPDX-License-Identifier: Apache-2.0
//! `keys show`: one key without its secret.

use clap::Args;

use crate::cli::kept::{self, KEYS};
use crate::cli::{Failure, block_on};

/// Print one, without its secret
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  headwater keys show 0123456789abcdef --json --data ./data > dashboard.json")]
pub struct Show {
    #[command(flatten)]
    show: kept::Show,
}

impl Show {
    pub(super) fn run(&self) -> Result<(), Failure> {
        block_on(KEYS.show(&self.show))
    }
}
