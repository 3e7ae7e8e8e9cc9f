// SPDX-License-Identifier: Apache-2.0
//! What can go wrong with documents, in kinds a face can map.

use hw_kernel::port::catalog::CatalogError;
use hw_model::ErrorKind;

/// An error of this crate. `Display` is fit for the caller; sources go to the log.
#[derive(Debug, thiserror::Error)]
pub enum BoardsError {
    /// There is none of that id in this account.
    #[error("{what} {id} does not exist")]
    Missing {
        /// `dashboard`, `query` or `units`.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// There is one of that id.
    #[error("{what} {id} is there already; change that one, or choose another id")]
    Exists {
        /// `dashboard`, `query` or `units`.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// Somebody else was faster.
    #[error("{what} {id} has version {found}, not {expected}: look at what was changed meanwhile")]
    Version {
        /// `dashboard`, `query` or `units`.
        what: &'static str,
        /// Its id.
        id: String,
        /// What the caller expected.
        expected: i64,
        /// What it is.
        found: i64,
    },
    /// The input is wrong.
    #[error("{0}")]
    Invalid(String),
    /// A named limit was reached.
    #[error("{0}")]
    Limit(String),
    /// The catalog failed.
    #[error("the catalog failed")]
    Catalog(#[source] CatalogError),
}

impl BoardsError {
    /// What a caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Missing { .. } => ErrorKind::NotFound,
            Self::Exists { .. } | Self::Version { .. } => ErrorKind::Conflict,
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::Limit(_) => ErrorKind::Limit,
            Self::Catalog(error) => error.kind(),
        }
    }
}

impl From<CatalogError> for BoardsError {
    fn from(error: CatalogError) -> Self {
        Self::Catalog(error)
    }
}
