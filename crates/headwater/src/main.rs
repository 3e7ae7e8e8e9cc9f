// SPDX-License-Identifier: Apache-2.0
//! Headwater: one binary. This floor composes: configuration, the server, the command line.

mod cli;
mod client;
mod config;
mod demo;
mod serve;
mod simulate;

fn main() -> std::process::ExitCode {
    cli::run(std::env::args_os())
}
