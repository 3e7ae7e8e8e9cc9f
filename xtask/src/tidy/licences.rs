// SPDX-License-Identifier: Apache-2.0
//! Every source file names its licence at the top.

use super::Report;
use crate::tree::{File, Tree};

const LICENCE: &str = "SPDX-License-Identifier: Apache-2.0";

/// The line may stand below a `#!` line, not deeper.
const HEAD_LINES: usize = 2;

/// Checks `.rs`, `.py`, `.sh`, Makefiles and every file that begins with `#!`.
pub fn check(tree: &Tree, report: &mut Report) {
    for file in tree.files.iter().filter(|file| needs_licence(file)) {
        let comment = if file.extension() == "rs" { "//" } else { "#" };
        let wanted = format!("{comment} {LICENCE}");
        if !file
            .text
            .lines()
            .take(HEAD_LINES)
            .any(|line| line == wanted)
        {
            report.find(
                &file.path,
                1,
                format!("no licence line: begin with `{wanted}`"),
            );
        }
    }
}

fn needs_licence(file: &File) -> bool {
    matches!(file.extension(), "rs" | "py" | "sh" | "mk")
        || file.name() == "Makefile"
        || is_script(&file.text)
}

/// A `#!` line, and not Rust's `#![…]`.
fn is_script(text: &str) -> bool {
    text.starts_with("#!/") || text.starts_with("#! /")
}

#[cfg(test)]
mod tests {
    use super::super::lines_of;
    use super::check;

    #[test]
    fn licensed_or_not() {
        let good = [
            ("a.rs", "// SPDX-License-Identifier: Apache-2.0\n"),
            ("run", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n"),
            ("notes.md", "nothing"),
        ];
        assert!(lines_of(check, &good).is_empty());
        let bad = [
            ("a.rs", "//! No.\n"),
            ("b.py", "x\n"),
            ("Makefile", "all:\n"),
            ("run", "#!/bin/sh\n"),
            ("c.sh", "\n\n\n# SPDX-License-Identifier: Apache-2.0\n"),
        ];
        assert_eq!(lines_of(check, &bad).len(), bad.len());
    }
}
