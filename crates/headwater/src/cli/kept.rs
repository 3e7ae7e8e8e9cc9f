// SPDX-License-Identifier: Apache-2.0
//! What an account keeps, by noun: `headwater things ls`, `policies show NAME`, `dashboards create -f
//! FILE`. `create` and `change` take what `show --json` prints. A new noun is a constant in `nouns.rs`,
//! a line in [`EXAMPLES`], and two lines in the list of verbs.

mod attached;
pub mod file;
mod made;
mod noun;
mod nouns;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::server::ServerArgs;
use super::{Failure, block_on};

pub use noun::Noun;
pub use nouns::*;

/// Nouns as verbs are called by them, and a name for the examples in their help.
pub const EXAMPLES: &[(&str, &str, &Noun)] = &[
    ("things", "pump-7", &THINGS),
    ("types", "pump", &TYPES),
    ("groups", "north", &GROUPS),
    ("policies", "pumps", &POLICIES),
    ("certificates", CERTIFICATE, &CERTIFICATES),
    ("dashboards", "water", &DASHBOARDS),
    ("queries", "newest", &QUERIES),
];

const CERTIFICATE: &str = "4a21…";

/// Nouns that may be removed while they are in use.
const FORCED: &[&str] = &["things", "certificates"];

/// Gives each verb of a noun an example.
pub fn with_examples(
    verbs: clap::Command,
    (noun, name, kind): (&str, &str, &Noun),
) -> clap::Command {
    let file = if name == CERTIFICATE { "pump-7" } else { name };
    let examples = [
        ("ls", "--data ./data".to_owned()),
        ("show", format!("{name} --json --data ./data > {file}.json")),
        ("create", format!("-f {file}.json --data ./data")),
        ("change", format!("-f {file}.json --data ./data")),
        ("rm", format!("{name} --data ./data")),
    ];
    let verbs = examples.into_iter().fold(verbs, |verbs, (verb, rest)| {
        let mut help = format!("Example:\n  headwater {noun} {verb} {rest}");
        if matches!(verb, "create" | "change") {
            help += &format!("\n\n{}", kind.file_help(verb));
        }
        verbs.mut_subcommand(verb, |it| it.after_help(help))
    });
    verbs.mut_subcommand("rm", |rm| {
        rm.mut_arg("force", |arg| arg.hide(!FORCED.contains(&noun)))
    })
}

/// What can be done with them
#[derive(Debug, Subcommand)]
pub enum Kept {
    /// List them
    Ls(List),
    /// Print one
    Show(Show),
    /// Make one from a file, as `show --json` prints it
    ///
    /// What only the server can say in it (as `created` and `version`) does not count; a member that
    /// is not known is refused.
    Create(FromFile),
    /// Change one from a file, as `show --json` prints it; refused if somebody else has changed it since
    Change(FromFile),
    /// Remove one
    Rm(Remove),
}

/// Which server.
#[derive(Debug, Args)]
pub struct List {
    /// Print an array of objects for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// Which one.
#[derive(Debug, Args)]
pub struct Show {
    /// Its name or id
    name: String,
    /// Print the whole object for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// From where.
#[derive(Debug, Args)]
pub struct FromFile {
    /// A JSON object, or an array of them; `-` is stdin
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Print what the server answers for programs: an object for each
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

impl FromFile {
    /// A file, where other arguments can stand in its place.
    pub(super) fn new(file: PathBuf, json: bool, server: ServerArgs) -> Self {
        Self { file, json, server }
    }
}

/// Which one.
#[derive(Debug, Args)]
pub struct Remove {
    /// Its name or id
    name: String,
    /// Even if it is in use: a thing goes with its credentials, a certificate though it is ACTIVE or
    /// attached
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    server: ServerArgs,
}

impl Kept {
    pub(super) fn run(&self, noun: &Noun) -> Result<(), Failure> {
        block_on(async {
            match self {
                Self::Ls(list) => noun.ls(list).await,
                Self::Show(show) => noun.show(show).await,
                Self::Create(from) => noun.create(from).await,
                Self::Change(from) => noun.change(from).await,
                Self::Rm(named) => noun.remove(named).await,
            }
        })
    }
}
