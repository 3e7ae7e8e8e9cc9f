// SPDX-License-Identifier: Apache-2.0
//! The log goes to stderr: `HEADWATER_LOG` (as in `info,hw_broker=debug`) says how much.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// Starts logging at `level` unless the environment says otherwise.
pub fn start(level: &str) {
    let filter = std::env::var("HEADWATER_LOG").unwrap_or_else(|_| level.to_owned());
    let colour =
        io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let started = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(io::stderr)
        .with_ansi(colour)
        .try_init();
    // Started already: by a test, or by the caller. That one stays.
    drop(started);
}
