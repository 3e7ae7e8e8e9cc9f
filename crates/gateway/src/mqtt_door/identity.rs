// SPDX-License-Identifier: Apache-2.0
//! The server's own certificate and key, as a TLS door shows them.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// The certificate and key can't be used.
#[derive(Debug, thiserror::Error)]
#[error("the server's certificate or key can't be used: {0}")]
pub struct BadIdentity(#[from] rustls::Error);

/// A server certificate chain with its key. `clone` is cheap.
#[derive(Debug, Clone)]
pub struct ServerIdentity(pub(super) Arc<CertifiedKey>);

impl ServerIdentity {
    /// Chain (leaf first) and the leaf's key; they must fit together.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, BadIdentity> {
        Ok(Self(Arc::new(CertifiedKey::from_der(
            chain,
            key,
            &provider(),
        )?)))
    }
}

/// The cryptography of every TLS door.
pub(super) fn provider() -> CryptoProvider {
    rustls::crypto::aws_lc_rs::default_provider()
}
