// SPDX-License-Identifier: Apache-2.0
//! Client certificates: any whose key the peer proves to hold and that the registry knows as
//! ACTIVE. No chain is built: what counts is the registry, as in AWS IoT.

use std::sync::Arc;

use hw_kernel::{Admission, Clock, Refusal};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, SignatureScheme};

use super::{SharedAtHand, Wish, validity};

/// Whether somebody may come in without a certificate now.
pub type OpenToAll = Arc<dyn Fn() -> bool + Send + Sync>;

/// Looks a certificate up while the handshake can still answer with the fitting alert. It is
/// looked up once more after the handshake: see `mqtt_door::admit`.
pub struct RegistryVerifier {
    admission: Arc<dyn Admission>,
    open: OpenToAll,
    clock: Arc<dyn Clock>,
    provider: Arc<CryptoProvider>,
    at_hand: SharedAtHand,
}

impl std::fmt::Debug for RegistryVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegistryVerifier").finish_non_exhaustive()
    }
}

impl RegistryVerifier {
    /// One for a door thread's configuration.
    pub fn new(
        admission: Arc<dyn Admission>,
        open: OpenToAll,
        clock: Arc<dyn Clock>,
        provider: Arc<CryptoProvider>,
        at_hand: SharedAtHand,
    ) -> Self {
        Self {
            admission,
            open,
            clock,
            provider,
            at_hand,
        }
    }
}

impl ClientCertVerifier for RegistryVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    /// Not where an authorizer is to say who somebody is: it hears the CONNECT first.
    fn client_auth_mandatory(&self) -> bool {
        !(self.open)() || self.at_hand.lock().hello.wish == Wish::MqttCertificate
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let mut at_hand = self.at_hand.lock();
        if let Err((cause, error)) = validity::check(end_entity, self.clock.now()) {
            let cause = cause.to_owned();
            at_hand.refusal = Some(Refusal {
                account: None,
                principal: None,
                cause,
            });
            return Err(error.into());
        }
        match self
            .admission
            .by_certificate(end_entity, at_hand.hello.server_name.as_deref())
        {
            Ok(_) => Ok(ClientCertVerified::assertion()),
            Err(refusal) => {
                let error = alert_for(&refusal.cause);
                at_hand.refusal = Some(refusal);
                Err(error.into())
            }
        }
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

/// The error whose TLS alert says nearest what the cause says: `certificate_revoked`,
/// `unknown_ca` or `access_denied`.
fn alert_for(cause: &str) -> CertificateError {
    if cause.contains("unknown") {
        CertificateError::UnknownIssuer
    } else if cause.starts_with("certificate ") {
        CertificateError::Revoked
    } else {
        CertificateError::ApplicationVerificationFailure
    }
}
