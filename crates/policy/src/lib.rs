// SPDX-License-Identifier: Apache-2.0
//! AWS IoT Core policy documents: what is allowed, and why. No I/O, no clock: all that a decision
//! needs comes as arguments.
//!
//! [`Document::parse`] reads a document, [`PolicySet`] is the union of those attached to a
//! principal, [`evaluate`] answers one request. A broker calls [`PolicySet::resolve`] once per
//! connection and asks the [`Resolved`] set at each message.

mod action;
mod action_set;
mod ahead;
mod condition;
mod context;
mod decision;
mod document;
mod error;
mod evaluate;
mod explain;
mod filter_language;
mod fingerprint;
mod json;
mod limits;
mod missing;
mod pattern;
mod resolve;
mod resolved;
mod resource_set;
mod set;
mod statement;
mod template;
mod unresolved;
mod variables;
mod why;

pub use action::Action;
pub use ahead::Ahead;
pub use context::{Certificate, Context, Protocol, Thing};
pub use decision::{Decision, Effect};
pub use document::{Document, Version};
pub use error::PolicyError;
pub use evaluate::{Request, evaluate};
pub use limits::{
    CERTIFICATE_VALUE_CHARACTERS_MAX, CERTIFICATE_VALUES_MAX, DOCUMENT_CHARACTERS_MAX,
    LARGE_DOCUMENT_BYTES_MAX,
};
pub use resolved::Resolved;
pub use set::{Named, PolicySet};
pub use statement::StatementEffect;
pub use why::{StatementRef, Why};
