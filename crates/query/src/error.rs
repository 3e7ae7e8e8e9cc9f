// SPDX-License-Identifier: Apache-2.0
//! What can go wrong with a statement: a kind, an SQLSTATE, and words for the person who wrote it.

mod classify;

use std::time::Duration;

pub(crate) use classify::is_spill_full;
use hw_kernel::port::tables::TableError;
use hw_model::ErrorKind;

/// Why a statement has no answer. `Display` is for people and names no internals.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// It is not SQL.
    #[error("{0}")]
    Syntax(String),
    /// The account has no such table.
    #[error("relation \"{0}\" does not exist")]
    NoTable(String),
    /// It is SQL that cannot be answered: wrong names, types or values.
    #[error("{message}")]
    Invalid {
        /// The SQLSTATE.
        state: &'static str,
        /// What is wrong.
        message: String,
    },
    /// It would change something.
    #[error("{0} is refused: SQL is read-only here; data comes in as messages")]
    ReadOnly(String),
    /// Not there in this release.
    #[error("{0}")]
    Unsupported(String),
    /// [`crate::Limits::statement_time_max`], or the session's own `statement_timeout`.
    #[error("canceling statement due to statement timeout ({} ms)", .0.as_millis())]
    Time(Duration),
    /// Its user cancelled it.
    #[error("canceling statement due to user request")]
    Cancelled,
    /// A limit on size; the message names it.
    #[error("{message}")]
    Limit {
        /// The SQLSTATE.
        state: &'static str,
        /// Which limit, and what to do.
        message: String,
    },
    /// The tables could not be read.
    #[error("the tables can't be read: {0}")]
    Table(#[source] TableError),
    /// A file of the tables is missing or is not what it should be.
    #[error("a file of the tables can't be read{}", damage(&**.0).unwrap_or_else(in_the_log))]
    Damaged(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A fault of ours.
    #[error("the statement failed inside the server; its log has the details")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What a store says of a damaged object (`kernel/src/port/blobs.rs`), wherever in an error it is:
/// engines pass errors of stores on as text.
pub(crate) fn damage(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    const END: &str = "from a backup";
    let text = error.to_string();
    let from = text.find("the object ")?;
    let (told, _) = text[from..].split_once(END)?;
    told.contains(" is damaged: ")
        .then(|| format!(": {told}{END}"))
}

fn in_the_log() -> String {
    "; the server's log has the details".to_owned()
}

impl QueryError {
    /// What a caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            QueryError::Syntax(_) | QueryError::Invalid { .. } => ErrorKind::Invalid,
            QueryError::NoTable(_) => ErrorKind::NotFound,
            QueryError::ReadOnly(_) => ErrorKind::Denied,
            QueryError::Unsupported(_) => ErrorKind::Unsupported,
            QueryError::Time(_) | QueryError::Limit { .. } => ErrorKind::Limit,
            QueryError::Cancelled => ErrorKind::Unavailable,
            QueryError::Table(source) => source.kind(),
            QueryError::Damaged(_) => ErrorKind::Damaged,
            QueryError::Internal(_) => ErrorKind::Internal,
        }
    }

    /// The five characters that PostgreSQL's clients act on.
    pub fn sqlstate(&self) -> &'static str {
        match self {
            QueryError::Syntax(_) => "42601",
            QueryError::NoTable(_) => "42P01",
            QueryError::Invalid { state, .. } | QueryError::Limit { state, .. } => state,
            QueryError::ReadOnly(_) => "25006",
            QueryError::Unsupported(_) => "0A000",
            QueryError::Time(_) | QueryError::Cancelled => "57014",
            QueryError::Table(source) => match source.kind() {
                ErrorKind::Damaged => "XX001",
                ErrorKind::NotFound => "42P01",
                _ => "58000",
            },
            QueryError::Damaged(_) => "XX001",
            QueryError::Internal(_) => "XX000",
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        QueryError::Invalid {
            state: "42000",
            message: message.into(),
        }
    }

    pub(crate) fn state(state: &'static str, message: impl Into<String>) -> Self {
        QueryError::Invalid {
            state,
            message: message.into(),
        }
    }

    pub(crate) fn limit(state: &'static str, message: impl Into<String>) -> Self {
        QueryError::Limit {
            state,
            message: message.into(),
        }
    }

    /// More or fewer bound values than parameters.
    pub(crate) fn params(wanted: usize, given: usize) -> Self {
        QueryError::state(
            "08P01",
            format!("{given} values bound, but {wanted} parameters"),
        )
    }

    /// More rows than `max`, the limit of that name.
    pub(crate) fn rows(name: &str, max: usize) -> Self {
        QueryError::limit(
            "54000",
            format!("the answer has more than {max} rows ({name}): aggregate, filter or add LIMIT"),
        )
    }
}
