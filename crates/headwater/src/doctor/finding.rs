// SPDX-License-Identifier: Apache-2.0
//! What a check found, and what to do about it.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing to do.
    Ok,
    /// It works, but better be mended.
    Warn,
    /// The server can't start, loses something, or is open to others.
    Fail,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `ports`, `disk`, …
    pub check: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What was found.
    pub text: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cure: Option<String>,
}

impl Finding {
    /// All is well.
    pub fn ok(check: &'static str, text: impl Into<String>) -> Self {
        Self {
            check,
            level: Level::Ok,
            text: text.into(),
            cure: None,
        }
    }

    /// It works, but better be mended.
    pub fn warn(check: &'static str, text: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            level: Level::Warn,
            cure: Some(cure.into()),
            ..Self::ok(check, text)
        }
    }

    /// It must be mended.
    pub fn fail(check: &'static str, text: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            level: Level::Fail,
            cure: Some(cure.into()),
            ..Self::ok(check, text)
        }
    }
}
