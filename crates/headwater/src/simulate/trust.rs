// SPDX-License-Identifier: Apache-2.0
//! A device's side of TLS: 1.3 only, its own certificate, and the server's authority alone.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::identities::Identity;
use crate::client::{ClientError, Doors, provider, roots};

/// Why an identity cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Certificate or key are no PEM, or do not fit together.
    #[error("the certificate or key of {thing} can't be used: {detail}")]
    Identity {
        /// Whose.
        thing: String,
        /// Why.
        detail: String,
    },
    /// The server's CA file cannot be used.
    #[error(transparent)]
    Ca(#[from] ClientError),
}

/// The TLS settings of one device.
pub fn config(doors: &Doors, identity: &Identity) -> Result<Arc<ClientConfig>, TrustError> {
    let wrong = |detail: String| TrustError::Identity {
        thing: identity.thing.clone(),
        detail,
    };
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(identity.certificate.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| wrong(error.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(identity.private_key.as_bytes())
        .map_err(|error| wrong(error.to_string()))?;
    let config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("the provider speaks TLS 1.3")
        .with_root_certificates(roots(Some(&doors.ca))?)
        .with_client_auth_cert(chain, key)
        .map_err(|error| wrong(error.to_string()))?;
    Ok(Arc::new(config))
}
