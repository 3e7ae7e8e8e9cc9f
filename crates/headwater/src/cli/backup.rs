// SPDX-License-Identifier: Apache-2.0
//! `backup`: makes one; `backup show`, `verify` and `list` look at those there are.

mod create;
mod damaged;
mod list;
mod open;
mod show;
mod verify;

use clap::{Args, Subcommand};

use super::Failure;
pub use damaged::{add as add_damaged, warn as warn_of_damaged};
pub use open::opened;

/// Back up a data folder into one file, while the server runs or is stopped
///
/// Everything that was acknowledged before is in it: messages, tables, things, certificates,
/// policies, keys and secrets. Devices and queries do not notice. Without --passphrase-file the
/// file holds the secrets in clear, only its owner may read it, and it restores by itself; with
/// it the whole file is encrypted, in the format of age.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "\
Examples:
  headwater backup --data ./data --to /mnt/backups/today.tar
  headwater backup --data ./data --to /mnt/backups --passphrase-file ./passphrase
  headwater backup verify --from /mnt/backups/today.tar
  headwater restore --from /mnt/backups/today.tar --data ./restored")]
pub struct Backup {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    create: create::Create,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Show(show::Show),
    Verify(verify::Verify),
    List(list::List),
}

impl Backup {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match &self.verb {
            None => self.create.run(),
            Some(Verb::Show(show)) => show.run(),
            Some(Verb::Verify(verify)) => verify.run(),
            Some(Verb::List(list)) => list.run(),
        }
    }
}
