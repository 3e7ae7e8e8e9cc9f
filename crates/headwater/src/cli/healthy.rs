// SPDX-License-Identifier: Apache-2.0
//! `healthy`: whether a server takes messages in, for those that start it anew if it does not.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{Failure, block_on, print_line};
use crate::client::Client;

/// A server that is well answers at once.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Say whether the server on a folder takes messages in: exit code 0 if so
///
/// It asks what /readyz tells, through the folder's admin socket: no door has to be open, and no
/// key is needed. For health checks of containers; `headwater doctor` says what is wrong.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  headwater healthy --data ./data")]
pub struct Healthy {
    /// Data folder of a server on this machine
    #[arg(long, env = "HEADWATER_DATA", value_name = "DIR")]
    data: PathBuf,
}

impl Healthy {
    pub(super) fn run(&self) -> Result<(), Failure> {
        block_on(async {
            let client = Client::local(&self.data)?;
            match tokio::time::timeout(ANSWER_MAX, client.ready()).await {
                Ok(answer) => answer?,
                Err(_) => {
                    let seconds = ANSWER_MAX.as_secs();
                    let text = format!("the server has not answered for {seconds} s");
                    return Err(Failure::failed(text));
                }
            }
            Ok(print_line("The server takes messages in.")?)
        })
    }
}
