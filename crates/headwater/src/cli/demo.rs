// SPDX-License-Identifier: Apache-2.0
//! `demo`: everything at once, on this machine, in a minute.

use std::time::Duration;

use clap::Args;

use super::paint::Paint;
use super::{Failure, block_on, logging, span};
use crate::config::ServeArgs;
use crate::demo;

/// Start a server with three water meters and show what happens, until Ctrl-C
///
/// An empty server, keys, three meters registered through the AWS API, real readings played fast;
/// then a table, a chart, a link to the live page and SQL to try. Doors open on loopback only; a
/// port that is taken is replaced by a free one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headwater demo
  headwater demo --data ./demo            keep everything in ./demo
  headwater demo --speed 60               a minute in a second")]
pub struct Demo {
    /// How much faster than real time the meters' time passes
    #[arg(long, default_value_t = 1_200.0, value_name = "X", value_parser = super::simulate::speed)]
    speed: f64,
    /// End after so long, as 30s or 5m
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    duration: Option<Duration>,
    #[command(flatten)]
    settings: ServeArgs,
}

impl Demo {
    pub(super) fn run(self) -> Result<(), Failure> {
        logging::start("error");
        let options = demo::Options {
            settings: self.settings,
            speed: self.speed,
            duration: self.duration,
            paint: Paint::for_stdout(),
        };
        block_on(demo::run(options))
    }
}
