// SPDX-License-Identifier: Apache-2.0
//! No crate has unit tests that `cargo test` leaves out.

use super::Report;
use crate::tree::Tree;

/// Checks each `Cargo.toml` with `test = false` for tests beside the code.
pub fn check(tree: &Tree, report: &mut Report) {
    for manifest in tree.files.iter().filter(|file| file.name() == "Cargo.toml") {
        let Some(line) = untested_lib(&manifest.text) else {
            continue;
        };
        let folder = manifest.path.trim_end_matches("Cargo.toml");
        let sources = format!("{folder}src/");
        let left_out = tree.files.iter().find(|file| {
            file.path.starts_with(&sources)
                && file.extension() == "rs"
                && file.text.contains("#[cfg(test)]")
        });
        if let Some(file) = left_out {
            let text = format!("`test = false`, but there are tests, as in {}", file.path);
            report.find(&manifest.path, line + 1, text);
        }
    }
}

/// The line, counted from 0, that leaves a library's tests out.
fn untested_lib(manifest: &str) -> Option<usize> {
    let mut section = "";
    manifest.lines().position(|line| {
        if line.starts_with('[') {
            section = line.trim();
        }
        section == "[lib]" && line.replace(' ', "") == "test=false"
    })
}

#[cfg(test)]
mod tests {
    use super::super::lines_of;
    use super::check;

    #[test]
    fn tests_that_never_run() {
        let manifest = ("crates/a/Cargo.toml", "[lib]\ntest = false\n");
        let other = ("crates/b/src/lib.rs", "#[cfg(test)]\nmod tests;\n");
        assert!(lines_of(check, &[manifest, other]).is_empty());
        let program = ("crates/a/Cargo.toml", "[lib]\n[[bin]]\ntest = false\n");
        let own = ("crates/a/src/x.rs", "#[cfg(test)]\nmod tests {}\n");
        assert!(lines_of(check, &[program, own]).is_empty());
        assert_eq!(lines_of(check, &[manifest, own]).len(), 1);
    }
}
