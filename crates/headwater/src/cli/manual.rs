// SPDX-License-Identifier: Apache-2.0
//! The manual pages: one for the program and one for each verb, made from what `--help` says.

use std::path::Path;
use std::{fs, io};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

/// Writes all pages into a folder, as `headwater-backup-list.1`.
pub(super) fn write(command: Command, folder: &Path) -> io::Result<()> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    fs::create_dir_all(folder)?;
    pages(&command, None, folder)
}

fn pages(command: &Command, above: Option<&Command>, folder: &Path) -> io::Result<()> {
    for verb in shown(command) {
        pages(verb, Some(command), folder)?;
    }
    let page = Man::new(command.clone());
    let mut text = title(command).into_bytes();
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if shown(command).next().is_some() {
        page.render_subcommands_section(&mut text)?;
    }
    ending(command, above).to_writer(&mut text)?;
    fs::write(folder.join(page.get_filename()), text)
}

fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|verb| !verb.is_hide_set())
}

/// Without a date, which would be another in each build.
fn title(command: &Command) -> String {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let version = env!("CARGO_PKG_VERSION");
    format!(".TH \"{name}\" 1 \"\" \"headwater {version}\" Headwater\n")
}

/// Examples, line by line as they stand, and the page above.
fn ending(command: &Command, above: Option<&Command>) -> Roff {
    let mut roff = Roff::new();
    if let Some(text) = command.get_after_help() {
        roff.control("SH", ["EXAMPLES"]);
        roff.control("nf", []);
        let text = text.to_string();
        let heading = |line: &&str| ["Example:", "Examples:"].contains(line);
        for line in text.lines().skip_while(heading) {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
    }
    if let Some(above) = above {
        let name = above.get_display_name().unwrap_or(above.get_name());
        roff.control("SH", ["SEE ALSO"]);
        roff.text([bold(name), roman("(1)")]);
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_for_each_verb_with_its_examples_as_they_stand() {
        let folder = tempfile::tempdir().expect("a folder");
        write(super::super::command(), folder.path()).expect("written");
        let page = |name: &str| {
            let path = folder.path().join(name);
            fs::read_to_string(path).expect(name)
        };
        let verbs = page("headwater.1");
        for verb in shown(&super::super::command()) {
            let text = page(&format!("headwater-{}.1", verb.get_name()));
            assert!(text.contains(".SH SYNOPSIS"), "{text}");
            assert!(
                verbs.contains(&verb.get_name().replace('-', "\\-")),
                "{verbs}"
            );
        }
        let serve = page("headwater-serve.1");
        let examples = serve.split(".SH EXAMPLES").nth(1).expect("examples");
        assert!(
            examples.contains("\n  headwater serve \\-\\-data ./data\n"),
            "{examples}"
        );
        assert!(serve.contains("HEADWATER_CONFIG") && page("headwater-backup-list.1").len() > 200);
        assert!(!folder.path().join("headwater-docs.1").exists());
    }
}
