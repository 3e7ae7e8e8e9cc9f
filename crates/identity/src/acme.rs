// SPDX-License-Identifier: Apache-2.0
//! The public certificate by ACME (RFC 8555): ordered, proved by TLS-ALPN-01 on the HTTPS door, kept
//! sealed in the catalog, and ordered anew when a third of its life is left.

mod asking;
mod kept;
mod order;
mod worker;

use std::time::Duration;

use hw_model::Secret;

pub use worker::AcmeWorker;

use crate::IdentityError;

/// Whom to ask, and for what.
#[derive(Debug, Clone)]
pub struct AcmeSettings {
    /// The ACME server's directory.
    pub directory_url: String,
    /// Whom it may write to, as in `mailto:ops@example.com`.
    pub contact: Vec<String>,
    /// The names to be proved, in lower case.
    pub names: Vec<String>,
    /// Key id and key (base64url) of an account that the ACME server's operator has given out.
    pub eab: Option<(String, Secret)>,
}

/// Answers challenges at the HTTPS door.
pub trait Challenges: Send + Sync {
    /// Shows a certificate (DER; key in PKCS #8) to who asks for a name by `acme-tls/1`.
    ///
    /// # Errors
    /// Words, if it can't be shown.
    fn answer(&self, name: &str, certificate_der: &[u8], key_der: &[u8]) -> Result<(), String>;
    /// Shows none any more.
    fn end(&self);
}

/// Why no certificate could be got, in words.
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    /// The ACME server refuses, or can't be asked.
    #[error("the ACME server: {0}")]
    Server(#[from] instant_acme::Error),
    /// A name is not proved.
    #[error(
        "{name} could not be proved: {why}. The ACME server must reach this server's HTTPS door \
         under that name at port 443"
    )]
    NotProved {
        /// Which.
        name: String,
        /// What the ACME server says.
        why: String,
    },
    /// The external account's key is no base64url.
    #[error("the key in certificates.acme.eab_key_file is not base64url")]
    ExternalKey,
    /// A key or signing request could not be made, or what was got can't be used.
    #[error("{0}")]
    Unusable(String),
    /// What is kept can't be read or written.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl From<rcgen::Error> for AcmeError {
    fn from(error: rcgen::Error) -> Self {
        Self::Unusable(error.to_string())
    }
}

/// Longest time of one request: making a certificate takes a public ACME server seconds.
const REQUEST_SPAN_MAX: Duration = Duration::from_secs(30);
/// Longest time for the ACME server to look at the names, or to make the certificate.
const ORDER_SPAN_MAX: Duration = Duration::from_secs(90);
