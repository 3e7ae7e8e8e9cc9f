// SPDX-License-Identifier: Apache-2.0
//! The log goes to stderr: how much of it, and as text for people or JSON for programs.

use std::io::{self, IsTerminal};

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::TryInitError;

use super::Failure;

/// How the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line for people
    #[default]
    Text,
    /// A JSON object per line for programs
    Json,
}

/// The flags of those that log.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Log (stderr)")]
pub struct LogArgs {
    /// error, warn, info, debug or trace, also per module, as in info,hw_broker=debug
    /// [default: info]
    #[arg(long = "log", env = "HEADWATER_LOG", value_name = "LEVEL")]
    level: Option<String>,
    /// How the log is written
    #[arg(long, env = "HEADWATER_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

impl LogArgs {
    /// Starts logging, at `level` unless flags or environment say otherwise.
    ///
    /// # Errors
    /// The level can't be read.
    pub fn start(&self, level: &str) -> Result<(), Failure> {
        let wanted = self.level.as_deref().filter(|level| !level.is_empty());
        let filter = EnvFilter::try_new(wanted.unwrap_or(level)).map_err(|error| {
            let wanted = wanted.unwrap_or_default();
            Failure::usage(format!(
                "--log {wanted:?}: {error}; say error, warn, info, debug or trace, as in \
                 info,hw_broker=debug"
            ))
        })?;
        // Started already: by a test, or by the caller. That one stays.
        drop(init(filter, self.log_format));
        Ok(())
    }
}

/// Starts logging by the environment alone, for commands without flags of their own.
pub fn start(level: &str) {
    let level = std::env::var("HEADWATER_LOG").unwrap_or_else(|_| level.to_owned());
    drop(init(EnvFilter::new(level), LogFormat::Text));
}

fn init(filter: EnvFilter, format: LogFormat) -> Result<(), TryInitError> {
    use tracing_subscriber::util::SubscriberInitExt;
    let colour =
        io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(colour);
    match format {
        LogFormat::Text => builder.finish().try_init(),
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init(),
    }
}
