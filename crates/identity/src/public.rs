// SPDX-License-Identifier: Apache-2.0
//! The public certificate: one of the server that somebody else than its own CA has signed, from
//! files or by ACME. Browsers trust it; devices go on trusting the own CA.

pub mod files;

use hw_model::Timestamp;
use parking_lot::Mutex;

use crate::renewal::Install;
use crate::server_certificate::ServerCertificate;

/// What is known of the one that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicFacts {
    /// PEM, its own certificate first.
    pub chain_pem: String,
    /// DNS names and addresses that it is for, sorted.
    pub names: Vec<String>,
    /// When it ends.
    pub not_after: Timestamp,
}

/// The public certificate as the doors show it; one for those who get it and those who tell of it.
pub struct Public {
    source: &'static str,
    install: Install,
    shown: Mutex<Option<PublicFacts>>,
}

impl Public {
    /// None is shown yet. `source` is `files` or `acme`.
    pub fn new(source: &'static str, install: Install) -> Self {
        Self {
            source,
            install,
            shown: Mutex::new(None),
        }
    }

    /// Where it comes from: `files` or `acme`.
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// The one that is shown, if there is one.
    pub fn shown(&self) -> Option<PublicFacts> {
        self.shown.lock().clone()
    }

    /// Has the doors show it.
    ///
    /// # Errors
    /// Words, if they can't: they go on showing what they did.
    pub fn show(&self, certificate: &ServerCertificate) -> Result<(), String> {
        (self.install)(certificate)?;
        *self.shown.lock() = Some(PublicFacts {
            chain_pem: certificate.chain_pem.clone(),
            names: certificate.names(),
            not_after: certificate.not_after,
        });
        Ok(())
    }
}
