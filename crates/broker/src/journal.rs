// SPDX-License-Identifier: Apache-2.0
//! What stands in the Log about sessions: the streams SESSIONS and OWED, which only the broker
//! reads.

pub mod note;
pub mod owed;
mod texts;

/// The body is not a record that this release reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a record about a session can't be read")]
pub struct BadRecord;
