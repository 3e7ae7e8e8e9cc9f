// SPDX-License-Identifier: Apache-2.0
//! The command line as clap sees it.

use clap::error::ErrorKind;

use super::*;

fn refused(args: &[&str]) -> ErrorKind {
    let args = std::iter::once("headwater").chain(args.iter().copied());
    command()
        .try_get_matches_from(args)
        .expect_err("it must be refused")
        .kind()
}

#[test]
fn is_well_formed() {
    command().debug_assert();
}

#[test]
fn every_verb_has_help_with_an_example() {
    let mut command = command();
    command.build();
    let mut open: Vec<&clap::Command> = command.get_subcommands().collect();
    let mut without = Vec::new();
    while let Some(verb) = open.pop() {
        if verb.get_name() == "help" || verb.is_hide_set() {
            continue;
        }
        assert!(
            verb.get_about().is_some(),
            "{} says nothing",
            verb.get_name()
        );
        let children: Vec<&clap::Command> = verb.get_subcommands().collect();
        if children.is_empty() && verb.get_after_help().is_none() {
            without.push(verb.get_name());
        }
        open.extend(children);
    }
    assert!(without.is_empty(), "no example: {without:?}");
}

#[test]
fn wrong_usage_is_told_apart_from_help() {
    assert_eq!(
        refused(&[]),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    assert_eq!(refused(&["nonsense"]), ErrorKind::InvalidSubcommand);
    assert_eq!(refused(&["sql"]), ErrorKind::MissingRequiredArgument);
    assert_eq!(
        refused(&["completion", "nonsense"]),
        ErrorKind::InvalidValue
    );
    assert_eq!(
        refused(&["serve", "--nonsense"]),
        ErrorKind::UnknownArgument
    );
    assert_eq!(refused(&["--version"]), ErrorKind::DisplayVersion);
    assert_eq!(refused(&["tail", "--help"]), ErrorKind::DisplayHelp);
}

#[test]
fn codes_are_those_of_the_contract() {
    let codes = [
        Exit::Ok,
        Exit::Failed,
        Exit::Usage,
        Exit::NotFound,
        Exit::Denied,
    ]
    .map(|e| e as u8);
    assert_eq!(codes, [0, 1, 2, 3, 4]);
}
