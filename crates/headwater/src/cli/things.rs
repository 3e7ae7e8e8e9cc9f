// SPDX-License-Identifier: Apache-2.0
//! `things`: devices as the registry has them, and what they come in with.

mod credentials;

use clap::Subcommand;

use super::Failure;
use super::kept::{Kept, THINGS};

/// Devices as the registry has them
#[derive(Debug, Subcommand)]
pub enum Things {
    #[command(flatten)]
    Kept(Kept),
    Credentials(credentials::Credentials),
}

impl Things {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match self {
            Self::Kept(kept) => kept.run(&THINGS),
            Self::Credentials(credentials) => credentials.run(),
        }
    }
}
