// SPDX-License-Identifier: Apache-2.0
//! `lake flush`: everything acknowledged before is in Parquet when it returns.

use clap::{Args, Subcommand};
use serde_json::json;

use super::server::ServerArgs;
use super::{Failure, block_on};

/// The tables on disk (Parquet, Iceberg)
#[derive(Debug, Subcommand)]
pub enum Lake {
    Flush(Flush),
}

/// Commit to Parquet whatever was acknowledged until now, and return when it is done
///
/// SQL sees every message at once, flushed or not. Flush before another program (DuckDB, Spark,
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
        let Self::Flush(flush) = self;
        block_on(async {
            flush.server.client()?.lake_flush().await?;
            let said = json!({"ok": true}).to_string();
            let line = if flush.json {
                said.as_str()
            } else {
                "Flushed: all that was acknowledged is in Parquet."
            };
            Ok(super::print_line(line)?)
        })
    }
}
