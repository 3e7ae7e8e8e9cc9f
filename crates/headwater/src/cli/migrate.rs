// SPDX-License-Identifier: Apache-2.0
//! `migrate`: brings a data folder up to this release, as `serve` does, and ends.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use hw_kernel::Clock;
use hw_kernel::port::clock::SystemClock;
use serde_json::json;

use super::{Failure, block_on, logging, print_line};
use crate::serve::ServeError;
use crate::serve::folder::Folder;
use crate::serve::formats::Formats;
use crate::serve::storage;

/// Bring a data folder up to this release and end
///
/// `headwater serve` does the same when it starts. Each step is whole or not there, so it can be
/// killed at any moment and run again. A folder of a newer release is refused and not touched.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  headwater migrate --data ./data")]
pub struct Migrate {
    /// Data folder
    #[arg(long, env = "HEADWATER_DATA", value_name = "DIR")]
    data: PathBuf,
    /// Print what was done as JSON
    #[arg(long)]
    json: bool,
}

impl Migrate {
    pub(super) fn run(&self) -> Result<(), Failure> {
        logging::start("warn");
        let data = self.data.display();
        if !self.data.join("catalog.db").exists() {
            let what = format!("{data} is not a data folder: it has no catalog.db");
            return Err(Failure::not_found(what));
        }
        let failed = |error: ServeError| Failure::failed(error.to_string());
        let before = Formats::of(&self.data).map_err(failed)?;
        block_on(async {
            let folder = Folder::open(&self.data).map_err(failed)?;
            let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
            let storage = storage::open_still(&folder, &clock).await.map_err(failed)?;
            let closed = storage.catalog.close().await;
            closed.map_err(|error| Failure::failed(error.to_string()))?;
            drop(storage);
            drop(folder);
            Ok(())
        })?;
        let after = Formats::current();
        let before = before.unwrap_or_else(Formats::first);
        let changes = before.changes(&after);
        if self.json {
            let done = json!({"from": before, "to": after, "changes": changes});
            return Ok(print_line(&format!("{done:#}"))?);
        }
        let said = match changes.as_str() {
            "" => format!(
                "{data} is of this release ({}): nothing to do.",
                after.headwater
            ),
            _ => format!(
                "{data} was of headwater {} and is of {} now: {changes}.",
                before.headwater, after.headwater
            ),
        };
        Ok(print_line(&said)?)
    }
}
