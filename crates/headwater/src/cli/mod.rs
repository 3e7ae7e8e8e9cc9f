// SPDX-License-Identifier: Apache-2.0
//! The command line: one file per verb. A verb parses, asks, prints; what it asks for lives
//! elsewhere.

mod accounts;
mod amounts;
mod attended;
pub mod background;
mod backup;
mod bench;
mod clients;
mod completion;
mod config;
mod demo;
mod device_tls;
mod docs;
mod doctor;
mod exit;
mod explain;
mod healthy;
mod kept;
mod keys;
mod lake;
mod lake_upkeep;
mod links;
pub mod logging;
mod manual;
mod migrate;
mod mqtt_users;
mod objects;
pub mod paint;
mod passphrase;
mod payloads;
mod policies;
mod policy;
mod progress;
mod publish;
mod restore;
mod retained;
pub mod rows;
mod serve;
mod server;
mod setup_link;
pub mod shell;
mod signals;
mod simulate;
mod span;
mod sql;
mod stdout;
pub mod table;
mod tail;
mod things;
mod top;
mod topics;
mod units;
mod users;
mod workers;

use std::ffi::OsString;
use std::future::Future;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use exit::Exit;
pub use exit::Failure;
pub use signals::ended;
pub use simulate::{Enrolment, enrol};
pub use stdout::{note, print, print_line};

/// Self-hosted IoT platform: devices written for AWS IoT Core connect unchanged, and any SQL tool
/// reads what they say.
#[derive(Debug, Parser)]
#[command(name = "headwater", version, max_term_width = 90)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "\
First steps:
  headwater demo                                  see it work, with three water meters
  headwater serve --data ./data                   start a server
  eval \"$(headwater keys create --data ./data --format env)\"
                                                  keys for aws, boto3 and psql in this shell

Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 not found, 4 denied.")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Serve(serve::Serve),
    Demo(demo::Demo),
    #[command(subcommand)]
    Simulate(simulate::Simulate),
    #[command(subcommand)]
    Keys(keys::Keys),
    #[command(subcommand)]
    Users(users::Users),
    #[command(subcommand)]
    MqttUsers(mqtt_users::MqttUsers),
    #[command(subcommand)]
    Things(things::Things),
    /// Types of things
    #[command(subcommand)]
    Types(kept::Kept),
    /// Groups of things
    #[command(subcommand)]
    Groups(kept::Kept),
    #[command(subcommand)]
    Policies(policies::Policies),
    /// Certificates that devices come in with
    #[command(subcommand)]
    Certificates(kept::Kept),
    /// Dashboards of the console
    #[command(subcommand)]
    Dashboards(kept::Kept),
    /// Saved queries of the console
    #[command(subcommand)]
    Queries(kept::Kept),
    #[command(subcommand)]
    Units(units::Units),
    #[command(subcommand)]
    Links(links::Links),
    SetupLink(setup_link::SetupLink),
    #[command(subcommand)]
    Accounts(accounts::Accounts),
    #[command(subcommand)]
    Policy(policy::Policy),
    Sql(sql::Sql),
    Publish(publish::Publish),
    Tail(tail::Tail),
    Top(top::Top),
    #[command(subcommand)]
    Clients(clients::Clients),
    Topics(topics::Topics),
    #[command(subcommand)]
    Retained(retained::Retained),
    Explain(explain::Explain),
    Bench(bench::Bench),
    Doctor(doctor::Doctor),
    Healthy(healthy::Healthy),
    #[command(subcommand)]
    Lake(lake::Lake),
    Workers(workers::Workers),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Migrate(migrate::Migrate),
    #[command(subcommand)]
    Config(config::Config),
    Completion(completion::Completion),
    #[command(subcommand, hide = true)]
    Docs(docs::Docs),
}

/// Runs the command line and says how it ended.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = command()
        .try_get_matches_from(args)
        .and_then(|m| Cli::from_arg_matches(&m));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too. A reader that has gone away is no error.
            let _ = error.print();
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Ok
            };
            return exit.into();
        }
    };
    match dispatch(cli.verb) {
        Ok(()) => Exit::Ok.into(),
        Err(failure) => failure.tell(),
    }
}

/// The commands. A demo does not play in the folder of a real server, so it takes none from the
/// environment.
fn command() -> clap::Command {
    let command = Cli::command().mut_subcommand("demo", |demo| {
        demo.mut_arg("data", |data| {
            data.env(None::<&str>)
                .help("Folder to keep everything in [default: a fresh one, removed at the end]")
        })
    });
    let nouns = kept::EXAMPLES.iter();
    nouns.fold(command, |command, example| {
        command.mut_subcommand(example.0, |verbs| kept::with_examples(verbs, *example))
    })
}

fn dispatch(verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Serve(serve) => serve.run(),
        Verb::Demo(demo) => demo.run(),
        Verb::Simulate(simulate) => simulate.run(),
        Verb::Keys(keys) => keys.run(),
        Verb::Users(users) => users.run(),
        Verb::MqttUsers(users) => users.run(),
        Verb::Things(things) => things.run(),
        Verb::Types(kept) => kept.run(&kept::TYPES),
        Verb::Groups(kept) => kept.run(&kept::GROUPS),
        Verb::Policies(policies) => policies.run(),
        Verb::Certificates(kept) => kept.run(&kept::CERTIFICATES),
        Verb::Dashboards(kept) => kept.run(&kept::DASHBOARDS),
        Verb::Queries(kept) => kept.run(&kept::QUERIES),
        Verb::Units(units) => units.run(),
        Verb::Links(links) => links.run(),
        Verb::SetupLink(link) => link.run(),
        Verb::Accounts(accounts) => accounts.run(),
        Verb::Policy(policy) => policy.run(),
        Verb::Sql(sql) => sql.run(),
        Verb::Publish(publish) => publish.run(),
        Verb::Tail(tail) => tail.run(),
        Verb::Top(top) => top.run(),
        Verb::Clients(clients) => clients.run(),
        Verb::Topics(topics) => topics.run(),
        Verb::Retained(retained) => retained.run(),
        Verb::Explain(explain) => explain.run(),
        Verb::Bench(bench) => bench.run(),
        Verb::Doctor(doctor) => doctor.run(),
        Verb::Healthy(healthy) => healthy.run(),
        Verb::Lake(lake) => lake.run(),
        Verb::Workers(workers) => workers.run(),
        Verb::Backup(backup) => backup.run(),
        Verb::Restore(restore) => restore.run(),
        Verb::Migrate(migrate) => migrate.run(),
        Verb::Config(config) => config.run(),
        Verb::Completion(completion) => completion.run(),
        Verb::Docs(docs) => docs.run(),
    }
}

/// Runs a command that talks to a server, on a small runtime of its own.
fn block_on<T>(command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .on_thread_start(background::lower_priority)
        .build()
        .map_err(|error| Failure::failed(format!("threads can't be started: {error}")))?;
    let done = runtime.block_on(command);
    runtime.shutdown_background();
    done
}

#[cfg(test)]
mod tests;
