// SPDX-License-Identifier: Apache-2.0
//! TLS for clients: whom they trust, and the handshake.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::ClientError;

/// How long a handshake may take.
const HANDSHAKE_SECONDS_MAX: u64 = 10;

/// Where systems keep the authorities that everybody trusts.
const SYSTEM_BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Trusts the authorities in `ca`, or those of the system where none is named.
pub fn trusting(ca: Option<&Path>) -> Result<Arc<ClientConfig>, ClientError> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("the provider speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots(ca)?)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The one implementation of cryptography.
pub fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// The authorities in `ca`, or those of the system where none is named.
pub fn roots(ca: Option<&Path>) -> Result<RootCertStore, ClientError> {
    let path = match ca {
        Some(path) => path.to_owned(),
        None => system_bundle()?,
    };
    let wrong = |detail: String| ClientError::Ca {
        path: path.clone(),
        detail,
    };
    let certificates = CertificateDer::pem_file_iter(&path).map_err(|e| wrong(e.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        let added = roots.add(certificate);
        // A system's bundle may hold oddities; a file that was named must be good.
        if ca.is_some() {
            added.map_err(|error| wrong(error.to_string()))?;
        }
    }
    if roots.is_empty() {
        return Err(wrong("it holds no certificate".to_owned()));
    }
    Ok(roots)
}

fn system_bundle() -> Result<PathBuf, ClientError> {
    let found = SYSTEM_BUNDLES
        .iter()
        .map(PathBuf::from)
        .find(|path| path.is_file());
    found.ok_or_else(|| ClientError::Ca {
        path: PathBuf::from(SYSTEM_BUNDLES[0]),
        detail: "this system has no list of trusted authorities; name the server's with --ca"
            .into(),
    })
}

/// Shakes hands as a client of the server called `host`.
pub async fn handshake(
    stream: TcpStream,
    host: &str,
    config: Arc<ClientConfig>,
) -> io::Result<TlsStream<TcpStream>> {
    stream.set_nodelay(true)?;
    let bare = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    let name = ServerName::try_from(bare).map_err(|error| io::Error::other(error.to_string()))?;
    let shaken = TlsConnector::from(config).connect(name, stream);
    let limit = Duration::from_secs(HANDSHAKE_SECONDS_MAX);
    tokio::time::timeout(limit, shaken)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_file_must_hold_a_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        assert!(matches!(trusting(Some(&file)), Err(ClientError::Ca { .. })));
        std::fs::write(&file, "no certificate here\n").unwrap();
        let empty = trusting(Some(&file)).err().unwrap().to_string();
        assert!(empty.contains("no certificate"), "{empty}");
    }
}
