// SPDX-License-Identifier: Apache-2.0
//! `lake`: bringing all to Parquet, and upkeep of the files, on demand.

use clap::{Args, Subcommand};
use serde_json::json;

use super::lake_upkeep::{Retain, Round};
use super::server::ServerArgs;
use super::{Failure, block_on};

/// The tables on disk (Parquet, Iceberg)
#[derive(Debug, Subcommand)]
pub enum Lake {
    Flush(Flush),
    /// Merge the small files of each day, now
    ///
    /// The server does this by itself: at 50 files of a day, and with the rest of a day once it is
    /// over and has been quiet for an hour. Queries and new messages go on meanwhile.
    #[command(after_help = "\
Example:
  headwater lake compact --data ./data")]
    Compact(Round),
    /// Drop old snapshots from the tables' metadata, now
    ///
    /// The server does this by itself. A snapshot stays for an hour after the next one, so that
    /// programs that have just opened a table can read it to the end.
    #[command(after_help = "\
Example:
  headwater lake expire --data ./data")]
    Expire(Round),
    /// Delete files that no snapshot reaches, now
    ///
    /// The server does this by itself. Only files that are older than an hour go, and none that a
    /// running query reads.
    #[command(after_help = "\
Example:
  headwater lake sweep --data ./data")]
    Sweep(Round),
    Retain(Retain),
}

/// Commit to Parquet whatever was acknowledged until now, and return when it is done
///
/// SQL sees every message within a second, flushed or not. Flush before another program (DuckDB, Spark,
/// pyiceberg) opens the tables itself.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  headwater lake flush --data ./data")]
pub struct Flush {
    /// Print {\"ok\":true} for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

impl Lake {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match self {
            Self::Flush(flush) => flush.run(),
            Self::Compact(round) => round.run("compact", "Merged"),
            Self::Expire(round) => round.run("expire", "Dropped"),
            Self::Sweep(round) => round.run("sweep", "Deleted"),
            Self::Retain(retain) => retain.run(),
        }
    }
}

impl Flush {
    fn run(&self) -> Result<(), Failure> {
        block_on(async {
            self.server.client()?.lake_flush().await?;
            let said = json!({"ok": true}).to_string();
            let line = if self.json {
                said.as_str()
            } else {
                "Flushed: all that was acknowledged is in Parquet."
            };
            Ok(super::print_line(line)?)
        })
    }
}
