// SPDX-License-Identifier: Apache-2.0
//! TLS as a device speaks it: an authority that it trusts, and a certificate of its own from files.

use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Failure;
use crate::client::{provider, roots};

/// Trusts the authorities in `ca`, or the system's, and shows `own`: certificate and key, in PEM.
///
/// # Errors
/// A file can't be used.
pub fn config(
    ca: Option<&Path>,
    own: Option<(&Path, &Path)>,
) -> Result<Arc<ClientConfig>, Failure> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("the provider speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots(ca)?);
    let Some((certificate, key)) = own else {
        return Ok(Arc::new(config.with_no_client_auth()));
    };
    let unusable = |path: &Path, error: &dyn std::fmt::Display| {
        Failure::failed(format!("{} can't be used: {error}", path.display()))
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(certificate, &error))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error))?;
    let config = config.with_client_auth_cert(chain, secret);
    let config = config.map_err(|error| unusable(certificate, &error))?;
    Ok(Arc::new(config))
}
