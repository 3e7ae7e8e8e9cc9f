// SPDX-License-Identifier: Apache-2.0
//! One thing to mend: where it is, what is wrong and what to do about it.

use std::fmt;

/// Printed as `path:line: what, and how to mend`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Relative to the repository.
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, and how to mend it.
    pub text: String,
}

impl Finding {
    /// A finding at a line of a file.
    pub fn at(path: &str, line: usize, text: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            text: text.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::Finding;

    #[test]
    fn prints_as_editors_expect_it() {
        let finding = Finding::at("a/b.rs", 7, "too long: split it");
        assert_eq!(finding.to_string(), "a/b.rs:7: too long: split it");
    }
}
