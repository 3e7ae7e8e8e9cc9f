// SPDX-License-Identifier: Apache-2.0
//! What can go wrong with things, in kinds a face can map.

use hw_kernel::port::catalog::CatalogError;
use hw_model::ErrorKind;

/// An error of this crate. `Display` is fit for the caller; sources go to the log.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// There is no such thing in this account.
    #[error("thing {0} does not exist")]
    NotFound(String),
    /// A thing of that name has other attributes.
    #[error("thing {name} already exists with other properties")]
    Exists {
        /// Its name.
        name: String,
        /// Its id.
        thing_id: String,
    },
    /// The caller expected another version.
    #[error("thing {name} has version {found}, not {expected}")]
    Version {
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
    /// Others change the thing all the time.
    #[error("thing {0} is changed by others again and again; try again")]
    Busy(String),
    /// The catalog failed.
    #[error("the catalog failed")]
    Catalog(#[source] CatalogError),
}

impl FleetError {
    /// What a caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound(_) | Self::NoCertificate(_) => ErrorKind::NotFound,
            Self::Exists { .. } | Self::Version { .. } => ErrorKind::Conflict,
            Self::Attached(_) | Self::Invalid(_) => ErrorKind::Invalid,
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
