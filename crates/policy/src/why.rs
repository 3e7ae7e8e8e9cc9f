// SPDX-License-Identifier: Apache-2.0
//! The cause of a decision, for events, error answers and `headwater policy test`.

use std::fmt;

use serde::Serialize;

use crate::limits::WHY_CHARACTERS_MAX;

/// Which statement of which policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementRef {
    /// The policy's name.
    pub policy: String,
    /// The policy's version id, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The statement's place in the document, from 0.
    pub statement: usize,
    /// The statement's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

impl fmt::Display for StatementRef {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "policy {}", self.policy)?;
        if let Some(version) = &self.version {
            write!(f, " version {version}")?;
        }
        write!(f, " statement {}", self.statement)?;
        match &self.sid {
            Some(sid) => write!(f, " ({sid})"),
            None => Ok(()),
        }
    }
}

/// Why a decision is as it is. `Display` gives one line without line breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The deciding statement; none for an implicit deny.
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    pub statement: Option<StatementRef>,
    /// A sentence for people.
    pub text: String,
}

impl Why {
    /// Takes out line breaks and other control characters, and cuts what is too long to read.
    pub(crate) fn new(statement: Option<StatementRef>, text: String) -> Why {
        let mut kept: String = text.chars().take(WHY_CHARACTERS_MAX).collect();
        if kept.len() < text.len() {
            kept.push('…');
        }
        kept.retain(|c| !c.is_control());
        Why {
            statement,
            text: kept,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.text)
    }
}
