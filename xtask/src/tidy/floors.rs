// SPDX-License-Identifier: Apache-2.0
//! A crate uses only lower floors; crates of one floor do not see each other.

use super::Report;
use super::floor_table::{FLOORS, NOT_ON_FLOOR_0, ONLY_IN};
use super::manifest::{Dependency, dependencies};
use crate::tree::Tree;

/// Checks every `crates/*/Cargo.toml` against the table.
pub fn check(tree: &Tree, report: &mut Report) {
    for file in &tree.files {
        let Some(folder) = crate_folder(&file.path) else {
            continue;
        };
        let Some((floor, allowed)) = place(folder) else {
            let text = format!(
                "crate `{folder}` has no floor: give it a line in xtask/src/tidy/floor_table.rs"
            );
            report.find(&file.path, 1, text);
            continue;
        };
        for dependency in dependencies(&file.text) {
            let problem = ours(&dependency.name).map_or_else(
                || foreign_problem(folder, floor, &dependency),
                |other| floor_problem(folder, floor, allowed, other, dependency.dev),
            );
            if let Some(text) = problem {
                report.find(&file.path, dependency.line, text);
            }
        }
    }
}

fn crate_folder(path: &str) -> Option<&str> {
    let folder = path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
    (!folder.contains('/')).then_some(folder)
}

fn place(folder: &str) -> Option<(u8, &'static [&'static str])> {
    FLOORS
        .iter()
        .find(|(_, name, _)| *name == folder)
        .map(|(floor, _, same)| (*floor, *same))
}

/// The folder of one of our own packages.
fn ours(package: &str) -> Option<&str> {
    package
        .strip_prefix("hw-")
        .or((package == "headwater").then_some(package))
}

fn floor_problem(
    folder: &str,
    floor: u8,
    allowed: &[&str],
    other: &str,
    dev: bool,
) -> Option<String> {
    let Some((below, _)) = place(other) else {
        return Some(format!(
            "`hw-{other}` has no floor in xtask/src/tidy/floor_table.rs"
        ));
    };
    if below < floor || allowed.contains(&other) || (dev && below == floor) {
        return None;
    }
    let word = if below == floor { "sideways" } else { "up" };
    Some(format!(
        "`{folder}` (floor {floor}) looks {word} at `{other}` (floor {below}): \
         move what both need to a lower floor, or go through a port, a topic or a table"
    ))
}

fn foreign_problem(folder: &str, floor: u8, dependency: &Dependency) -> Option<String> {
    if dependency.dev {
        return None;
    }
    let name = dependency.name.as_str();
    if floor == 0 && NOT_ON_FLOOR_0.contains(&name) {
        return Some(format!(
            "`{folder}` is pure (floor 0) and must not name `{name}`: \
             take bytes in and give events out, do the I/O a floor up"
        ));
    }
    let (_, folders, why) = ONLY_IN
        .iter()
        .find(|(prefix, ..)| name.starts_with(prefix))?;
    (!folders.contains(&folder))
        .then(|| format!("only {} may name `{name}`: {why}", folders.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::super::lines_of;
    use super::check;

    fn on(path: &str, text: &str) -> Vec<String> {
        lines_of(check, &[(path, text)])
    }

    #[test]
    fn down_is_fine() {
        let text = "[dependencies]\nhw-kernel.workspace = true\nhw-model.workspace = true\n";
        assert!(on("crates/log/Cargo.toml", text).is_empty());
        let text = "[dependencies]\nhw-mqtt.workspace = true\n";
        assert!(on("crates/session/Cargo.toml", text).is_empty());
    }

    #[test]
    fn up_and_sideways_are_refused() {
        let text = "[dependencies]\nhw-broker.workspace = true\nhw-lake.workspace = true\n";
        let found = on("crates/log/Cargo.toml", text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("crates/log/Cargo.toml:2: `log` (floor 2) looks up"));
        assert!(found[1].starts_with("crates/log/Cargo.toml:3: `log` (floor 2) looks sideways"));
    }

    #[test]
    fn tests_may_look_at_siblings_but_not_up() {
        let text = "[dev-dependencies]\nhw-log.workspace = true\nhw-broker.workspace = true\n";
        let found = on("crates/lake/Cargo.toml", text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("looks up at `broker`"));
    }

    #[test]
    fn a_crate_without_a_floor_is_found() {
        assert_eq!(on("crates/stray/Cargo.toml", "").len(), 1);
    }

    #[test]
    fn foreign_crates_keep_to_their_place() {
        let found = on(
            "crates/mqtt/Cargo.toml",
            "[dependencies]\ntokio.workspace = true\n",
        );
        assert!(found[0].contains("is pure"), "{found:?}");
        let found = on(
            "crates/aws/Cargo.toml",
            "[dependencies]\ndatafusion-postgres = \"1\"\n",
        );
        assert!(found[0].contains("only query may name"), "{found:?}");
    }
}
