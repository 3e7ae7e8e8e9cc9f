// SPDX-License-Identifier: Apache-2.0
//! Colour, on a terminal only, and never against `NO_COLOR` (no-color.org) or `TERM=dumb`.

use std::env;
use std::io::{self, IsTerminal};

/// Paints or leaves text as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// As fits what stdout is.
    pub fn for_stdout() -> Self {
        let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            on: io::stdout().is_terminal() && !set("NO_COLOR") && !dumb,
        }
    }

    /// Never any colour: for text that goes into a table.
    pub const fn none() -> Self {
        Self { on: false }
    }

    /// The same, in tests.
    #[cfg(test)]
    pub const fn plain() -> Self {
        Self { on: false }
    }

    /// Headings.
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// What is less important.
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    /// Names of things and topics, commands to type.
    pub fn accent(self, text: &str) -> String {
        self.with("36", text)
    }

    /// What went well.
    pub fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    /// What deserves a look.
    pub fn warn(self, text: &str) -> String {
        self.with("33", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.on && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_adds_nothing() {
        assert_eq!(Paint::plain().bold("x"), "x");
        assert_eq!(Paint { on: true }.bold("x"), "\u{1b}[1mx\u{1b}[0m");
        assert_eq!(Paint { on: true }.dim(""), "");
    }
}
