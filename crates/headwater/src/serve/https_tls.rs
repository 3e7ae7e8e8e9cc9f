// SPDX-License-Identifier: Apache-2.0
//! The server's certificate as the doors of TLS show it.

use std::sync::Arc;

use hw_gateway::tls::{HttpsTls, ServerIdentity};
use hw_identity::authority::Authority;
use hw_identity::server_certificate::ServerCertificate;
use hw_kernel::Clock;
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

/// Lets them show this one, which somebody else has signed, to who asks for one of its names.
pub(super) fn show_public(
    identity: &ServerIdentity,
    certificate: &ServerCertificate,
) -> Result<(), ServeError> {
    let (chain, key) = material(certificate)?;
    let shown = identity.show_public(chain, key, certificate.names());
    shown.map_err(ServeError::part(BROKEN))
}

/// For the HTTPS door.
pub(super) fn config(
    identity: ServerIdentity,
    authority: &Authority,
    clock: Arc<dyn Clock>,
) -> Result<HttpsTls, ServeError> {
    let ca = CertificateDer::from_pem_slice(authority.certificate_pem.as_bytes());
    let ca = ca.map_err(ServeError::part(BROKEN))?;
    HttpsTls::new(identity, &ca, clock).map_err(ServeError::part(BROKEN))
}
