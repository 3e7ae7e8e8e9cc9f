// SPDX-License-Identifier: Apache-2.0
//! Names that say nothing, and words that promise to do later what is needed now.

use super::Report;
use super::word_list::{EMPTY_NAMES, EXEMPT_NAMES, HERE, WORDS, Word};
use crate::tree::Tree;

/// No file or folder is called by an empty name.
pub fn check_names(tree: &Tree, report: &mut Report) {
    for file in &tree.files {
        let empty = file
            .path
            .split('/')
            .map(stem)
            .find(|name| EMPTY_NAMES.contains(name));
        if let Some(name) = empty {
            let text = format!("`{name}` says nothing: name it after the one thing it does");
            report.find(&file.path, 1, text);
        }
    }
}

/// The name up to its first dot.
fn stem(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// No text file has a word of the list.
pub fn check_text(tree: &Tree, report: &mut Report) {
    for file in &tree.files {
        if file.path == HERE || EXEMPT_NAMES.contains(&file.name()) {
            continue;
        }
        for (index, line) in file.text.lines().enumerate() {
            for word in WORDS.iter().filter(|word| stands_in(line, word)) {
                let text = format!("`{}`: {}", word.text, word.instead);
                report.find(&file.path, index + 1, text);
            }
        }
    }
}

fn stands_in(line: &str, word: &Word) -> bool {
    if word.any_case {
        found(&line.to_ascii_lowercase(), &word.text.to_ascii_lowercase())
    } else {
        found(line, word.text)
    }
}

fn found(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        begins(before, word) && ends(word, after)
    })
}

/// Whether the word begins here, and is not the tail of a longer word or path.
fn begins(before: Option<char>, word: &str) -> bool {
    let Some(c) = before else { return true };
    let path_goes_on = word.starts_with('/') && matches!(c, '.' | '-' | '}' | ')');
    !(path_goes_on || in_word(c))
}

/// Whether the word ends here; one that ends in a sign always does.
fn ends(word: &str, after: Option<char>) -> bool {
    !word.ends_with(char::is_alphanumeric) || !after.is_some_and(in_word)
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::super::lines_of;
    use super::super::word_list::WORDS;
    use super::{check_names, check_text};

    #[test]
    fn empty_names_are_found() {
        let bad = [
            ("crates/common/src/lib.rs", ""),
            ("a/utils.rs", ""),
            ("helpers.test.ts", ""),
        ];
        assert_eq!(lines_of(check_names, &bad).len(), 3);
        assert!(lines_of(check_names, &[("a/uncommon.rs", ""), ("helpful.rs", "")]).is_empty());
    }

    #[test]
    fn every_word_of_the_list_is_found() {
        for word in WORDS {
            let text = format!("fine\nsome {} here\n", word.text);
            let found = lines_of(check_text, &[("a.md", &text)]);
            assert!(
                found.iter().any(|line| line.starts_with("a.md:2: ")),
                "{}",
                word.text
            );
        }
    }

    #[test]
    fn parts_of_other_words_are_not() {
        let lines = [
            ["mktemp /tmp/a.XX", "XXXX"].concat(),
            ["a/net", "work/b and ../shared/net"].concat(),
            ["docs of dock", "er in ..", "/root", "s/"].concat(),
        ];
        for line in lines {
            assert!(
                lines_of(check_text, &[("a.md", &line)]).is_empty(),
                "{line}"
            );
        }
    }

    #[test]
    fn case_counts_only_for_marks() {
        let found = lines_of(check_text, &[("a.md", &["In A Real ", "System"].concat())]);
        assert_eq!(found.len(), 1);
        assert!(lines_of(check_text, &[("a.md", &["to", "do list"].concat())]).is_empty());
    }
}
