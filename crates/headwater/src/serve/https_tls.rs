// SPDX-License-Identifier: Apache-2.0
//! The server's certificate as doors show it, and TLS of the HTTPS door: HTTP/1.1, no client
//! certificate.

use std::sync::Arc;

use hw_gateway::mqtt_door::ServerIdentity;
use hw_identity::server_certificate::ServerCertificate;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::ServeError;

/// What a failure here means.
const BROKEN: &str = "the server's certificate can't be used";

type Material = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn material(certificate: &ServerCertificate) -> Result<Material, ServeError> {
    let chain = CertificateDer::pem_slice_iter(certificate.chain_pem.as_bytes());
    let chain = chain
        .collect::<Result<Vec<_>, _>>()
        .map_err(ServeError::part(BROKEN))?;
    let key = PrivateKeyDer::try_from(certificate.private_key_der.expose().clone())
        .map_err(ServeError::part(BROKEN))?;
    Ok((chain, key))
}

/// What all TLS doors show.
pub(super) fn identity(certificate: &ServerCertificate) -> Result<ServerIdentity, ServeError> {
    let (chain, key) = material(certificate)?;
    ServerIdentity::new(chain, key).map_err(ServeError::part(BROKEN))
}

/// Lets them show another.
pub(super) fn replace(
    identity: &ServerIdentity,
    certificate: &ServerCertificate,
) -> Result<(), ServeError> {
    let (chain, key) = material(certificate)?;
    let replaced = identity.replace(chain, key);
    replaced.map_err(ServeError::part(BROKEN))
}

/// For the HTTPS door.
pub(super) fn config(identity: &ServerIdentity) -> Result<Arc<ServerConfig>, ServeError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider);
    let builder = builder
        .with_safe_default_protocol_versions()
        .map_err(ServeError::part(BROKEN))?;
    let resolver = Arc::new(identity.clone());
    let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
