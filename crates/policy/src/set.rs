// SPDX-License-Identifier: Apache-2.0
//! The union of the policies attached to a principal and to the groups of its thing.

use std::sync::Arc;

use crate::{Document, StatementRef};

/// A document with the name and version under which people know it.
#[derive(Debug, Clone)]
pub struct Named {
    /// The policy's name.
    pub name: String,
    /// The version id of the document, `None` for documents that have none (a file, an authorizer).
    pub version: Option<String>,
    /// The document; shared by all principals that have it.
    pub document: Arc<Document>,
}

/// A set of policies. Cheap to clone. An empty set denies everything.
#[derive(Debug, Clone, Default)]
pub struct PolicySet {
    pub(crate) policies: Arc<[Named]>,
}

impl PolicySet {
    /// The union of `policies`; their order only matters for which of several deciding statements
    /// is named.
    pub fn new(policies: Vec<Named>) -> Self {
        PolicySet {
            policies: policies.into(),
        }
    }

    /// The policies in it.
    pub fn policies(&self) -> &[Named] {
        &self.policies
    }

    /// Whether no policy is in it.
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }
}

/// A statement's place in a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) policy: u32,
    pub(crate) statement: u32,
}

impl PolicySet {
    pub(crate) fn statement(&self, at: At) -> &crate::statement::Statement {
        &self.policies[at.policy as usize].document.statements[at.statement as usize]
    }

    pub(crate) fn name_of(&self, at: At) -> StatementRef {
        let named = &self.policies[at.policy as usize];
        StatementRef {
            policy: named.name.clone(),
            version: named.version.clone(),
            statement: at.statement as usize,
            sid: self.statement(at).sid.clone(),
        }
    }
}
