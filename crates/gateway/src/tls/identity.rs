// SPDX-License-Identifier: Apache-2.0
//! The server's own certificate and key, as a TLS door shows them.

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// The certificate and key can't be used.
#[derive(Debug, thiserror::Error)]
#[error("the server's certificate or key can't be used: {0}")]
pub struct BadIdentity(#[from] rustls::Error);

/// A server certificate chain with its key, for any number of doors. `clone` is of the same one:
/// when it is replaced, all doors show the new one from the next handshake on.
#[derive(Debug, Clone)]
pub struct ServerIdentity(Arc<ArcSwap<CertifiedKey>>);

impl ServerIdentity {
    /// Chain (leaf first) and the leaf's key; they must fit together.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, BadIdentity> {
        let key = certified(chain, key)?;
        Ok(Self(Arc::new(ArcSwap::from_pointee(key))))
    }

    /// Shows another from now on; connections that are open stay as they are.
    pub fn replace(
        &self,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<(), BadIdentity> {
        self.0.store(Arc::new(certified(chain, key)?));
        Ok(())
    }

    /// What is shown at present.
    pub(super) fn current(&self) -> Arc<CertifiedKey> {
        self.0.load_full()
    }
}

fn certified(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<CertifiedKey, BadIdentity> {
    Ok(CertifiedKey::from_der(chain, key, &provider())?)
}

/// The cryptography of every TLS door.
pub(crate) fn provider() -> CryptoProvider {
    rustls::crypto::aws_lc_rs::default_provider()
}
