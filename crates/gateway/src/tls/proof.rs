// SPDX-License-Identifier: Apache-2.0
//! Client certificates without chains: the peer proves that it holds the key, and what the
//! certificate counts for is up to the door.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, SignatureScheme};

/// What a door asks of its clients' certificates.
pub(crate) trait Asks: Send + Sync {
    /// Whether nobody comes in without one.
    fn demands(&self) -> bool;

    /// The issuers that the request for one names; none: it may be of any.
    fn issuers(&self) -> &[DistinguishedName] {
        &[]
    }

    /// The alert to end with if it is not to come in; the peer has not proved to hold its key yet.
    fn look(&self, certificate: &CertificateDer<'_>) -> Result<(), rustls::Error>;
}

/// rustls's ear for what a door asks.
pub(crate) struct Proof<A> {
    asks: A,
    provider: Arc<CryptoProvider>,
}

impl<A> Proof<A> {
    pub(crate) fn new(asks: A, provider: Arc<CryptoProvider>) -> Self {
        Self { asks, provider }
    }
}

impl<A> std::fmt::Debug for Proof<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proof").finish_non_exhaustive()
    }
}

impl<A: Asks> ClientCertVerifier for Proof<A> {
    fn client_auth_mandatory(&self) -> bool {
        self.asks.demands()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.asks.issuers()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.asks
            .look(end_entity)
            .map(|()| ClientCertVerified::assertion())
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
