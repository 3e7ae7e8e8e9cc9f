// SPDX-License-Identifier: Apache-2.0
//! `explain`: what happened to a message, a thing or a client, and what to do about it.

mod shown;

use clap::Args;
use hw_kernel::Clock;
use hw_kernel::port::clock::SystemClock;

use super::paint::Paint;
use super::server::ServerArgs;
use super::{Failure, block_on};

/// Say what happened to a message, or how a thing or client stands
///
/// Of a message: when and from whom it came, which policy statement allowed it, to whom it went,
/// where it is kept, in which file, and what it gave in telemetry. Of a thing or client: whether it
/// is connected, its last messages, and what was refused. Each trouble comes with its cure.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater explain 00000001-0000-8000-8000-00000000002a --data ./data
  headwater explain --thing meter-1 --data ./data
  headwater explain --client meter-1 --json --data ./data | jq .verdict

A message's trace id is what `headwater tail --json` prints, and column trace_id of the tables.")]
pub struct Explain {
    /// Trace id of a message
    #[arg(
        value_name = "TRACE",
        required_unless_present_any = ["thing", "client"],
        conflicts_with_all = ["thing", "client"]
    )]
    trace: Option<String>,
    /// Name of a thing
    #[arg(long, value_name = "NAME", conflicts_with = "client")]
    thing: Option<String>,
    /// MQTT client id
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

impl Explain {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let (by, name) = match (&self.trace, &self.thing, &self.client) {
            (Some(trace), _, _) => ("trace", trace),
            (_, Some(thing), _) => ("thing", thing),
            (_, _, Some(client)) => ("client", client),
            _ => return Err(Failure::usage("say a trace id, --thing or --client")),
        };
        let report = block_on(async { Ok(self.server.client()?.explain(by, name).await?) })?;
        let text = if self.json {
            format!("{report:#}\n")
        } else {
            shown::report(&report, SystemClock::default().now(), Paint::for_stdout())
        };
        Ok(super::print(&text)?)
    }
}
