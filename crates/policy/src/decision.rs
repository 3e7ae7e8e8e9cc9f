// SPDX-License-Identifier: Apache-2.0
//! The answer to a request.

use std::fmt;

use serde::Serialize;

use crate::Why;

/// What the union of the policies says; spelled as in AWS's `TestAuthorization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Effect {
    /// An Allow applies and no Deny does.
    Allowed,
    /// A Deny applies: no Allow can help.
    ExplicitDeny,
    /// Nothing applies.
    ImplicitDeny,
}

impl Effect {
    /// Whether the request may go on.
    pub fn is_allowed(self) -> bool {
        self == Effect::Allowed
    }

    /// `ALLOWED`, `EXPLICIT_DENY` or `IMPLICIT_DENY`.
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Allowed => "ALLOWED",
            Effect::ExplicitDeny => "EXPLICIT_DENY",
            Effect::ImplicitDeny => "IMPLICIT_DENY",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An effect and its cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The answer.
    #[serde(rename = "decision")]
    pub effect: Effect,
    /// The statement that decided, or what was missing.
    pub why: Why,
}
