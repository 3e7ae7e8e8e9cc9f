// SPDX-License-Identifier: Apache-2.0
//! What a certificate, a CA or a signing request must be before it is taken in: the checks that TLS
//! does not make, because it looks a certificate up rather than following its chain.
//!
//! Sources: RFC 5280 sections 4.1 and 4.2; AWS IoT developer guide, `x509-client-certs` (algorithms
//! of keys and signatures).

mod ca;
mod key_quality;
mod leaf;
mod names;
mod pem;
mod request;
mod roca;
mod signature;
mod usage;

pub use ca::{Issuer, issuer};
pub use leaf::{DeviceCertificate, device_certificate};
pub use pem::PEM_CHARACTERS_MAX;
pub use request::{REQUEST_CHARACTERS_MAX, SigningRequest, signing_request};

/// Why one was refused, in words that say what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

impl Refused {
    fn because(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}
