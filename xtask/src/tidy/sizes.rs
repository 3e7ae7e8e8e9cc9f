// SPDX-License-Identifier: Apache-2.0
//! Small rooms: half of the source files have at most 150 lines, nine of ten at most 400, none
//! more than 1,000.

use super::Report;
use crate::tree::Tree;

const MEDIAN_LINES_MAX: usize = 150;
const P90_LINES_MAX: usize = 400;
const FILE_LINES_MAX: usize = 1000;

const SOURCES: &[&str] = &["rs", "py", "ts", "svelte", "css", "html", "js"];

/// The load generator came as one piece and is left so.
const EXEMPT: &[&str] = &["bench/mqttload/"];

/// Checks each file, and the spread over all of them.
pub fn check(tree: &Tree, report: &mut Report) {
    let mut sizes: Vec<(usize, &str)> = tree
        .files
        .iter()
        .filter(|file| SOURCES.contains(&file.extension()))
        .filter(|file| !EXEMPT.iter().any(|folder| file.path.starts_with(folder)))
        .map(|file| (file.text.lines().count(), file.path.as_str()))
        .collect();
    sizes.sort_unstable();
    for &(lines, path) in sizes.iter().filter(|(lines, _)| *lines > FILE_LINES_MAX) {
        let text = format!("{lines} lines, at most {FILE_LINES_MAX}: split it by what it does");
        report.find(path, FILE_LINES_MAX, text);
    }
    for (share, name, max) in [
        (50, "half", MEDIAN_LINES_MAX),
        (90, "nine of ten", P90_LINES_MAX),
    ] {
        let Some(&(lines, path)) = quantile(&sizes, share) else {
            continue;
        };
        if lines > max {
            let text = format!(
                "{name} of {} files should have at most {max} lines, but the file at that place \
                 has {lines}: split this one or larger ones",
                sizes.len()
            );
            report.find(path, 1, text);
        }
    }
}

/// The smallest value that at least `percent` of the sorted values do not exceed.
fn quantile<T>(sorted: &[T], percent: usize) -> Option<&T> {
    sorted.get((sorted.len() * percent).div_ceil(100).checked_sub(1)?)
}

#[cfg(test)]
mod tests {
    use super::super::lines_of;
    use super::{check, quantile};

    fn files(sizes: &[usize]) -> Vec<String> {
        let texts: Vec<(String, String)> = sizes
            .iter()
            .enumerate()
            .map(|(number, lines)| (format!("f{number:02}.rs"), "x\n".repeat(*lines)))
            .collect();
        let pairs: Vec<(&str, &str)> = texts
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        lines_of(check, &pairs)
    }

    #[test]
    fn quantiles() {
        assert_eq!(quantile(&[1, 2, 3, 4], 50), Some(&2));
        assert_eq!(quantile(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 90), Some(&9));
        assert_eq!(quantile::<u8>(&[], 50), None);
    }

    #[test]
    fn a_good_spread_passes() {
        assert!(files(&[10, 100, 150, 160, 390]).is_empty());
        assert!(lines_of(check, &[("notes.md", &"x\n".repeat(5000))]).is_empty());
    }

    #[test]
    fn a_huge_file_is_found() {
        let found = files(&[10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 1001]);
        assert_eq!(
            found,
            ["f10.rs:1000: 1001 lines, at most 1000: split it by what it does"]
        );
    }

    #[test]
    fn a_large_median_and_tail_are_found() {
        let found = files(&[10, 151, 401]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("f01.rs:1: half of 3 files"));
        assert!(found[1].starts_with("f02.rs:1: nine of ten"));
    }
}
