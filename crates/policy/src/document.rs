// SPDX-License-Identifier: Apache-2.0
//! A policy document: read once, checked whole, then only asked.

use std::str::FromStr;

use crate::PolicyError;
use crate::json::Node;
use crate::limits::{DOCUMENT_CHARACTERS_MAX, LARGE_DOCUMENT_BYTES_MAX};
use crate::statement::Statement;

/// The version of the language a document is written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Version {
    /// `2008-10-17`, also without a version: `${..}` is plain text, as in IAM.
    #[default]
    V2008,
    /// `2012-10-17`: with policy variables.
    V2012,
}

/// A valid policy document.
#[derive(Debug, Clone)]
pub struct Document {
    id: Option<String>,
    version: Version,
    pub(crate) statements: Vec<Statement>,
}

impl Document {
    /// Reads a document of at most [`DOCUMENT_CHARACTERS_MAX`] non-blank characters.
    ///
    /// # Errors
    /// What AWS IoT answers with `MalformedPolicyException`; the text says where and what.
    pub fn parse(json: &str) -> Result<Document, PolicyError> {
        let found = json.chars().filter(|c| !c.is_whitespace()).count();
        if found > DOCUMENT_CHARACTERS_MAX {
            return Err(PolicyError::TooLong {
                found,
                max: DOCUMENT_CHARACTERS_MAX,
            });
        }
        Self::read(json)
    }

    /// Reads a document of up to [`LARGE_DOCUMENT_BYTES_MAX`], for documents that are not bound to
    /// AWS's limit (a file of the operator).
    ///
    /// # Errors
    /// As [`Document::parse`].
    pub fn parse_large(json: &str) -> Result<Document, PolicyError> {
        if json.len() > LARGE_DOCUMENT_BYTES_MAX {
            return Err(PolicyError::TooLong {
                found: json.len(),
                max: LARGE_DOCUMENT_BYTES_MAX,
            });
        }
        Self::read(json)
    }

    /// The `Id` element.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The `Version` element.
    pub fn version(&self) -> Version {
        self.version
    }

    /// How many statements it has; at least one.
    pub fn statement_count(&self) -> usize {
        self.statements.len()
    }

    fn read(json: &str) -> Result<Document, PolicyError> {
        let root = "policy document";
        let node = Node::parse(json)?;
        let Node::Object(entries) = &node else {
            let problem = format!("an object is expected, not {}", node.kind());
            return Err(PolicyError::invalid(root, problem));
        };
        let (mut id, mut version, mut statement) = (None, None, None);
        for (key, value) in entries {
            match key.as_str() {
                "Id" => id = Some(text(value, "Id")?.to_owned()),
                "Version" => version = Some(text(value, "Version")?.parse()?),
                "Statement" => statement = Some(value),
                _ => {
                    let allowed = "Version, Id, Statement";
                    let (at, key) = (root.to_owned(), key.clone());
                    return Err(PolicyError::UnknownElement { at, key, allowed });
                }
            }
        }
        let version = version.unwrap_or_default();
        let statement = statement.ok_or(PolicyError::Missing {
            at: root.to_owned(),
            what: "Statement",
        })?;
        Ok(Document {
            id,
            version,
            statements: statements(statement, version)?,
        })
    }
}

impl FromStr for Version {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        match text {
            "2012-10-17" => Ok(Version::V2012),
            "2008-10-17" => Ok(Version::V2008),
            _ => {
                let problem = format!("{text:?} is unknown; write \"2012-10-17\"");
                Err(PolicyError::invalid("Version", problem))
            }
        }
    }
}

/// One statement or a list of them.
fn statements(node: &Node, version: Version) -> Result<Vec<Statement>, PolicyError> {
    let variables = version == Version::V2012;
    match node {
        Node::List(items) if items.is_empty() => {
            Err(PolicyError::invalid("Statement", "the list is empty"))
        }
        Node::List(items) => {
            let read = |(i, item)| Statement::read(item, &format!("Statement[{i}]"), variables);
            items.iter().enumerate().map(read).collect()
        }
        one => Ok(vec![Statement::read(one, "Statement", variables)?]),
    }
}

fn text<'n>(node: &'n Node, at: &str) -> Result<&'n str, PolicyError> {
    match node {
        Node::Text(text) => Ok(text),
        other => {
            let problem = format!("a string is expected, not {}", other.kind());
            Err(PolicyError::invalid(at, problem))
        }
    }
}
