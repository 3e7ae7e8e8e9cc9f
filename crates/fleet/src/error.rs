// SPDX-License-Identifier: Apache-2.0
//! What can go wrong with things, their types and groups, in kinds a face can map.

use hw_kernel::port::catalog::CatalogError;
use hw_model::ErrorKind;

/// An error of this crate. `Display` is fit for the caller; sources go to the log.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// There is no such thing in this account.
    #[error("thing {0} does not exist")]
    NotFound(String),
    /// There is no such type, group or tagged resource in this account.
    #[error("{what} {name} does not exist")]
    Missing {
        /// `thing type`, `thing group`, …
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// One of that name has other properties.
    #[error("{what} {name} already exists with other properties")]
    Exists {
        /// `thing`, `thing type` or `thing group`.
        what: &'static str,
        /// Its name.
        name: String,
        /// Its id.
        id: String,
    },
    /// The caller expected another version.
    #[error("{what} {name} has version {found}, not {expected}")]
    Version {
        /// `thing`, `thing group` or `thing type`.
        what: &'static str,
        /// Its name.
        name: String,
        /// What the caller expected.
        expected: i64,
        /// What it is.
        found: i64,
    },
    /// Certificates are attached.
    #[error("thing {0} has principals attached; detach them first")]
    Attached(String),
    /// The certificate is not registered in this account.
    #[error("certificate {0} does not exist")]
    NoCertificate(String),
    /// The input is wrong.
    #[error("{0}")]
    Invalid(String),
    /// A named limit was reached.
    #[error("{0}")]
    Limit(String),
    /// Others change it all the time.
    #[error("{0} is changed by others again and again; try again")]
    Busy(String),
    /// The catalog failed.
    #[error("the catalog failed")]
    Catalog(#[source] CatalogError),
}

impl FleetError {
    /// What a caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound(_) | Self::NoCertificate(_) | Self::Missing { .. } => {
                ErrorKind::NotFound
            }
            Self::Exists { .. } | Self::Version { .. } => ErrorKind::Conflict,
            Self::Attached(_) | Self::Invalid(_) => ErrorKind::Invalid,
            Self::Limit(_) => ErrorKind::Limit,
            Self::Busy(_) => ErrorKind::Unavailable,
            Self::Catalog(error) => error.kind(),
        }
    }
}

impl From<CatalogError> for FleetError {
    fn from(error: CatalogError) -> Self {
        Self::Catalog(error)
    }
}

impl From<hw_model::name::BadName> for FleetError {
    fn from(error: hw_model::name::BadName) -> Self {
        Self::Invalid(error.to_string())
    }
}

impl From<hw_model::tag::BadTag> for FleetError {
    fn from(error: hw_model::tag::BadTag) -> Self {
        Self::Invalid(error.to_string())
    }
}
