// SPDX-License-Identifier: Apache-2.0
//! Why a policy document is refused: what AWS answers with `MalformedPolicyException`.

use thiserror::Error;

/// A policy document that cannot be used. The text says where and what to change.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Not JSON, cut short, nested too deeply, or followed by more text.
    #[error("the policy document is not valid JSON: {0}")]
    NotJson(String),
    /// More than [`crate::DOCUMENT_CHARACTERS_MAX`] characters, blanks not counted.
    #[error("the policy document has {found} characters without blanks; at most {max} are allowed")]
    TooLong {
        /// Characters found.
        found: usize,
        /// Characters allowed.
        max: usize,
    },
    /// A key that stands twice in one object: which one counts would be a guess.
    #[error("the key {0:?} stands twice in one object; write it once")]
    DuplicateKey(String),
    /// A key that the policy language does not have.
    #[error("{at}: unknown element {key:?}; allowed are {allowed}")]
    UnknownElement {
        /// Where, as `Statement[1]`.
        at: String,
        /// The key found.
        key: String,
        /// The keys that may stand there.
        allowed: &'static str,
    },
    /// A required element is absent.
    #[error("{at}: {what} is missing")]
    Missing {
        /// Where.
        at: String,
        /// The element.
        what: &'static str,
    },
    /// An element is there but its value is of no use.
    #[error("{at}: {problem}")]
    Invalid {
        /// Where, as `Statement[1].Effect`.
        at: String,
        /// What is wrong, and what is expected.
        problem: String,
    },
}

impl PolicyError {
    pub(crate) fn invalid(at: impl Into<String>, problem: impl Into<String>) -> Self {
        PolicyError::Invalid {
            at: at.into(),
            problem: problem.into(),
        }
    }
}
