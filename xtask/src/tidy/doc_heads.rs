// SPDX-License-Identifier: Apache-2.0
//! Every Rust file says first what its room does.

use super::Report;
use crate::tree::Tree;

/// After the comment lines at the top (the licence), the first line must be a `//!` with text.
pub fn check(tree: &Tree, report: &mut Report) {
    for file in tree.files.iter().filter(|file| file.extension() == "rs") {
        let first = file
            .text
            .lines()
            .enumerate()
            .find(|(_, line)| !line.trim().is_empty() && !is_plain_comment(line));
        let good = first.is_some_and(|(_, line)| {
            line.strip_prefix("//!")
                .is_some_and(|text| !text.trim().is_empty())
        });
        if !good {
            let line = first.map_or(1, |(index, _)| index + 1);
            report.find(
                &file.path,
                line,
                "no doc head: after the licence line, say in `//!` what this room does",
            );
        }
    }
}

fn is_plain_comment(line: &str) -> bool {
    line.starts_with("//") && !line.starts_with("//!") && !line.starts_with("///")
}

#[cfg(test)]
mod tests {
    use super::super::lines_of;
    use super::check;

    #[test]
    fn head_or_no_head() {
        assert!(
            lines_of(
                check,
                &[("a.rs", "// SPDX\n//! Does a thing.\nfn a() {}\n")]
            )
            .is_empty()
        );
        for bad in [
            "// SPDX\nfn a() {}\n",
            "// SPDX\n//!\nfn a() {}\n",
            "/// No.\nfn a() {}\n",
            "",
        ] {
            assert_eq!(lines_of(check, &[("a.rs", bad)]).len(), 1, "{bad:?}");
        }
        assert!(lines_of(check, &[("a.py", "x = 1\n")]).is_empty());
    }
}
