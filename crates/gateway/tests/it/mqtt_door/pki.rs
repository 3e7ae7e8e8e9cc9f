// SPDX-License-Identifier: Apache-2.0
//! Certificates made for a test: the server's, and devices'.

use std::sync::Arc;

use hw_gateway::tls::ServerIdentity;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};

/// A certificate with its key.
pub struct Pair {
    /// The certificate.
    pub certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Pair {
    /// Valid from 2020 to `until_year`.
    pub fn until(name: &str, until_year: i32) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until_year, 1, 1);
        let certificate = params.self_signed(&key).expect("a certificate");
        Self {
            certificate: certificate.der().clone(),
            key: key.serialize_der(),
        }
    }

    /// Valid now.
    pub fn new(name: &str) -> Self {
        Self::until(name, 2049)
    }

    fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.clone()).into()
    }

    /// As a server shows it.
    pub fn identity(&self) -> ServerIdentity {
        ServerIdentity::new(vec![self.certificate.clone()], self.key()).expect("they fit")
    }

    /// Takes the place of what a server shows.
    pub fn replace(&self, shown: &ServerIdentity) {
        let replaced = shown.replace(vec![self.certificate.clone()], self.key());
        replaced.expect("they fit");
    }
}

/// TLS 1.3 or 1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// 1.2 only.
    V12,
    /// 1.3 only.
    V13,
}

/// A client's configuration; `device` is the certificate that it shows.
pub fn client_config(server: &Pair, device: Option<&Pair>, tls: Tls) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(server.certificate.clone()).expect("a root");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions: &[_] = if tls == Tls::V12 {
        &[&TLS12]
    } else {
        &[&TLS13]
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("known versions")
        .with_root_certificates(roots);
    Arc::new(match device {
        Some(device) => builder
            .with_client_auth_cert(vec![device.certificate.clone()], device.key())
            .expect("they fit"),
        None => builder.with_no_client_auth(),
    })
}
