// SPDX-License-Identifier: Apache-2.0
//! Client certificates: any whose key the peer proves to hold and that the registry knows as
//! ACTIVE. No chain is built: what counts is the registry, as in AWS IoT.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hw_kernel::{Admission, Clock, Refusal};
use rustls::CertificateError;
use rustls::pki_types::CertificateDer;

use super::proof::Asks;
use super::{Found, SharedAtHand, Wish, validity};

/// Whether somebody may come in without a certificate now.
pub type OpenToAll = Arc<dyn Fn() -> bool + Send + Sync>;

/// Looks a certificate up while the handshake can still answer with the fitting alert. It is looked
/// up once more after the handshake if anything has changed meanwhile: see [`Found`].
pub struct InRegistry {
    admission: Arc<dyn Admission>,
    open: OpenToAll,
    clock: Arc<dyn Clock>,
    at_hand: SharedAtHand,
}

impl InRegistry {
    /// One for a door thread's configuration.
    pub fn new(
        admission: Arc<dyn Admission>,
        open: OpenToAll,
        clock: Arc<dyn Clock>,
        at_hand: SharedAtHand,
    ) -> Self {
        Self {
            admission,
            open,
            clock,
            at_hand,
        }
    }
}

impl Asks for InRegistry {
    /// Not where an authorizer is to say who somebody is: it hears the CONNECT first.
    fn demands(&self) -> bool {
        !(self.open)() || self.at_hand.lock().hello.wish == Wish::MqttCertificate
    }

    fn look(&self, certificate: &CertificateDer<'_>) -> Result<(), rustls::Error> {
        let mut at_hand = self.at_hand.lock();
        if let Err((cause, error)) = validity::check(certificate, self.clock.now()) {
            let cause = cause.to_owned();
            at_hand.refusal = Some(Refusal {
                account: None,
                principal: None,
                cause,
            });
            return Err(error.into());
        }
        let generation = self.admission.generation().load(Ordering::Acquire);
        match self
            .admission
            .by_certificate(certificate, at_hand.hello.server_name.as_deref())
        {
            Ok(principal) => {
                at_hand.found = Some(Found {
                    principal,
                    generation,
                });
                Ok(())
            }
            Err(refusal) => {
                let error = alert_for(&refusal.cause);
                at_hand.refusal = Some(refusal);
                Err(error.into())
            }
        }
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
