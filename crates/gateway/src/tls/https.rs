// SPDX-License-Identifier: Apache-2.0
//! TLS of the HTTPS door, where devices and browsers meet.
//!
//! A certificate is asked of everybody and demanded of nobody: what follows decides. To who speaks
//! plain HTTP the request names our own CA alone, so that a browser, which shows certificates of
//! that issuer only, has nothing to ask its user. Who says by ALPN that it is a device, or says
//! nothing, may show one of any issuer. Looking it up is left to whoever serves the connection:
//! here nobody may wait for the catalog.

use std::sync::Arc;

use hw_broker::tls::TlsSession;
use hw_kernel::Clock;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, SignatureScheme};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::config::server_config;
use super::{BadIdentity, ServerIdentity, SharedAtHand, Wish, provider};

/// What HTTPS connections are made with. `clone` is cheap.
#[derive(Clone)]
pub struct HttpsTls {
    identity: ServerIdentity,
    issuers: Arc<[DistinguishedName]>,
    clock: Arc<dyn Clock>,
    provider: Arc<CryptoProvider>,
}

impl HttpsTls {
    /// With the server's certificate; `ca_der` signs devices' certificates.
    pub fn new(
        identity: ServerIdentity,
        ca_der: &[u8],
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BadIdentity> {
        let unreadable = || rustls::Error::General("the CA's certificate can't be read".into());
        let (_, ca) = X509Certificate::from_der(ca_der).map_err(|_| unreadable())?;
        let name = der_content(ca.subject().as_raw()).ok_or_else(unreadable)?;
        Ok(Self {
            identity,
            issuers: Arc::new([DistinguishedName::in_sequence(name)]),
            clock,
            provider: Arc::new(provider()),
        })
    }

    /// A connection whose handshake has not begun, and the ear of its callbacks.
    pub(crate) fn session(&self) -> Result<(TlsSession, SharedAtHand), rustls::Error> {
        let at_hand = SharedAtHand::default();
        let verifier = Proved {
            issuers: self.issuers.clone(),
            provider: self.provider.clone(),
            at_hand: at_hand.clone(),
        };
        let mut config = server_config(
            &self.identity,
            self.clock.clone(),
            self.provider.clone(),
            Arc::new(verifier),
            at_hand.clone(),
        )?;
        config.alpn_protocols = Wish::protocols();
        Ok((TlsSession::new(Arc::new(config))?, at_hand))
    }
}

/// The content of a DER value of one byte of tag.
fn der_content(value: &[u8]) -> Option<&[u8]> {
    let first = *value.get(1)?;
    let length_bytes = match first {
        0..=0x7f => 0,
        _ => usize::from(first & 0x7f),
    };
    value.get(2 + length_bytes..)
}

/// Sees to it that the peer holds the key, and to nothing else.
struct Proved {
    issuers: Arc<[DistinguishedName]>,
    provider: Arc<CryptoProvider>,
    at_hand: SharedAtHand,
}

impl std::fmt::Debug for Proved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proved").finish_non_exhaustive()
    }
}

impl ClientCertVerifier for Proved {
    fn client_auth_mandatory(&self) -> bool {
        self.at_hand.lock().hello.wish == Wish::MqttCertificate
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        match self.at_hand.lock().hello.wish {
            Wish::Http => &self.issuers,
            _ => &[],
        }
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
