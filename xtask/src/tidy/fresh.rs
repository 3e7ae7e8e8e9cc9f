// SPDX-License-Identifier: Apache-2.0
//! Generated files are what the built binary prints today.

use std::path::Path;

use super::Report;
use crate::generated::{FILES, binary, print};
use crate::tree::Tree;

const MEND: &str = "run `cargo run -p xtask -- generate` and commit it";

/// Compares each generated file with what the binary prints; skips with a notice when the binary
/// is not built, unless the run is strict.
pub fn check(tree: &Tree, report: &mut Report) {
    let Some(binary) = binary(&tree.root) else {
        let text = "headwater is not built, so generated files were not compared";
        if report.strict {
            report.find(
                FILES[0].0,
                1,
                format!("{text}: run `cargo build --workspace --bins`"),
            );
        } else {
            report.notices.push(text.to_owned());
        }
        return;
    };
    check_with(tree, &binary, FILES, report);
}

fn check_with(tree: &Tree, binary: &Path, files: &[(&str, &[&str])], report: &mut Report) {
    for (path, args) in files {
        let stored = tree.files.iter().find(|file| file.path == *path);
        match (print(binary, args), stored) {
            (Err(why), _) => report.find(path, 1, why),
            (Ok(_), None) => report.find(path, 1, format!("is missing: {MEND}")),
            (Ok(now), Some(file)) => {
                if let Some(line) = first_difference(&file.text, &now) {
                    report.find(path, line, format!("not what the binary prints: {MEND}"));
                }
            }
        }
    }
}

/// The first line that differs, counted from 1.
fn first_difference(stored: &str, now: &str) -> Option<usize> {
    if stored == now {
        return None;
    }
    let same = stored
        .lines()
        .zip(now.lines())
        .take_while(|(a, b)| a == b)
        .count();
    Some(same + 1)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Report;
    use super::{check_with, first_difference};
    use crate::tree::Tree;

    fn on(stored: &[(&str, &str)]) -> Vec<String> {
        let mut report = Report::new(false);
        let files: &[(&str, &[&str])] = &[("docs/a.md", &["one"])];
        check_with(
            &Tree::of(stored),
            Path::new("/bin/echo"),
            files,
            &mut report,
        );
        report.findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn fresh_stale_missing() {
        assert!(on(&[("docs/a.md", "one\n")]).is_empty());
        assert!(on(&[("docs/a.md", "old\n")])[0].starts_with("docs/a.md:1: not what"));
        assert!(on(&[])[0].starts_with("docs/a.md:1: is missing"));
    }

    #[test]
    fn a_failing_command_is_a_finding() {
        let mut report = Report::new(false);
        let files: &[(&str, &[&str])] = &[("docs/a.md", &["x"])];
        check_with(&Tree::of(&[]), Path::new("/bin/false"), files, &mut report);
        assert!(report.findings[0].text.contains("failed"));
    }

    #[test]
    fn differences() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
    }
}
