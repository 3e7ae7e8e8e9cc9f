// SPDX-License-Identifier: Apache-2.0
//! Headwater: one binary. This floor composes: configuration, the server, the command line.

mod backup;
mod bench;
mod cli;
mod client;
mod config;
mod demo;
mod doctor;
mod machine;
mod restore;
mod serve;
mod simulate;

fn main() -> std::process::ExitCode {
    machine::memory::set_up();
    cli::run(std::env::args_os())
}
