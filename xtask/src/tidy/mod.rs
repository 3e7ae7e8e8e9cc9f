// SPDX-License-Identifier: Apache-2.0
//! The checks of `tidy`: one file each, registered in one line of [`CHECKS`].

mod doc_heads;
mod floor_table;
mod floors;
mod fresh;
mod licences;
mod manifest;
mod sizes;
mod tested;
mod word_list;
mod words;

use crate::finding::Finding;
use crate::tree::Tree;

/// What a check sees and where it writes.
pub struct Report {
    /// What has to be mended, sorted by place at the end.
    pub findings: Vec<Finding>,
    /// What a reader should know though nothing is wrong.
    pub notices: Vec<String>,
    /// Fail where something could not be checked.
    pub strict: bool,
    /// How many checks ran.
    pub checks: usize,
}

impl Report {
    fn new(strict: bool) -> Self {
        Self {
            findings: Vec::new(),
            notices: Vec::new(),
            strict,
            checks: 0,
        }
    }

    /// Adds a finding at a line of a file.
    pub fn find(&mut self, path: &str, line: usize, text: impl Into<String>) {
        self.findings.push(Finding::at(path, line, text));
    }
}

type Check = fn(&Tree, &mut Report);

const CHECKS: &[Check] = &[
    floors::check,
    sizes::check,
    doc_heads::check,
    licences::check,
    tested::check,
    words::check_names,
    words::check_text,
    fresh::check,
];

/// Runs every check over the tree.
pub fn run(tree: &Tree, strict: bool) -> Report {
    let mut report = Report::new(strict);
    for check in CHECKS {
        check(tree, &mut report);
    }
    report.findings.sort();
    report.checks = CHECKS.len();
    report
}

/// Runs one check over a sample and gives its findings as lines.
#[cfg(test)]
fn lines_of(check: Check, files: &[(&str, &str)]) -> Vec<String> {
    let mut report = Report::new(false);
    check(&Tree::of(files), &mut report);
    report.findings.iter().map(ToString::to_string).collect()
}
