// SPDX-License-Identifier: Apache-2.0
//! What can go wrong with identities, in kinds a face can map.

use hw_kernel::port::catalog::CatalogError;
use hw_model::ErrorKind;

/// An error of this crate. `Display` is fit for the caller; sources go to the log.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// There is no such certificate, policy or key in this account.
    #[error("{what} {name} does not exist")]
    NotFound {
        /// `certificate`, `policy`, …
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// One of that name exists already.
    #[error("{what} {name} already exists")]
    Exists {
        /// `policy`, …
        what: &'static str,
        /// Its name.
        name: String,
        /// Its ARN.
        arn: String,
    },
    /// It is still used by something else, or is the one that counts.
    #[error("{0}")]
    InUse(String),
    /// It is not as the caller has read it.
    #[error("{0}")]
    Changed(String),
    /// A certificate's status does not let that be done.
    #[error("{0}")]
    State(String),
    /// A certificate or CA is not one to rely on.
    #[error("{0}")]
    BadCertificate(String),
    /// A policy has as many versions as it may have.
    #[error("{0}")]
    VersionsLimit(String),
    /// Too much is asked for at once; later it will do.
    #[error("{0}")]
    Busy(String),
    /// The input is wrong.
    #[error("{0}")]
    Invalid(String),
    /// A policy document is not one.
    #[error("{0}")]
    MalformedPolicy(String),
    /// A named limit was reached.
    #[error("{0}")]
    Limit(String),
    /// User name and password do not belong together, or one of them is nobody's.
    #[error("user name or password is wrong")]
    Credentials,
    /// Too many tries failed.
    #[error("too many tries failed; try again in {seconds} s")]
    Locked {
        /// How long to wait.
        seconds: u64,
    },
    /// Too many passwords are being checked.
    #[error("too many people sign in at once; try again")]
    PasswordsBusy,
    /// A link that opens nothing.
    #[error("this link was used, has expired, or never was; ask for another")]
    Link,
    /// The account has an administrator.
    #[error(
        "there is an administrator already; `headwater users reset NAME` makes a link for a lost \
         password"
    )]
    HasAdministrator,
    /// Without this user nobody could sign in as administrator.
    #[error("{0} is the last administrator who can sign in; make another first")]
    LastAdministrator(String),
    /// The master key is missing, wrong or readable by others.
    #[error("{0}")]
    MasterKey(String),
    /// Making a key or certificate failed.
    #[error("a key or certificate could not be made: {0}")]
    Crypto(String),
    /// The catalog failed.
    #[error("the catalog failed")]
    Catalog(#[source] CatalogError),
    /// A file could not be read or written.
    #[error("{path} can't be used")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl IdentityError {
    /// What a caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Exists { .. }
            | Self::InUse(_)
            | Self::Changed(_)
            | Self::State(_)
            | Self::HasAdministrator
            | Self::LastAdministrator(_) => ErrorKind::Conflict,
            Self::Invalid(_) | Self::MalformedPolicy(_) | Self::BadCertificate(_) => {
                ErrorKind::Invalid
            }
            Self::Credentials => ErrorKind::Unauthenticated,
            Self::Link => ErrorKind::Denied,
            Self::Limit(_) | Self::VersionsLimit(_) | Self::Locked { .. } => ErrorKind::Limit,
            Self::Busy(_) | Self::PasswordsBusy => ErrorKind::Unavailable,
            Self::Catalog(error) => error.kind(),
            Self::MasterKey(_) | Self::Crypto(_) | Self::File { .. } => ErrorKind::Internal,
        }
    }
}

impl From<CatalogError> for IdentityError {
    fn from(error: CatalogError) -> Self {
        Self::Catalog(error)
    }
}

impl From<rcgen::Error> for IdentityError {
    fn from(error: rcgen::Error) -> Self {
        Self::Crypto(error.to_string())
    }
}

impl From<hw_model::tag::BadTag> for IdentityError {
    fn from(error: hw_model::tag::BadTag) -> Self {
        Self::Invalid(error.to_string())
    }
}
