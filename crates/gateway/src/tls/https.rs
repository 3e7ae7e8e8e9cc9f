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
use rustls::DistinguishedName;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::config::{Door, server_config};
use super::proof::Asks;
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
        let asks = AsWished {
            issuers: self.issuers.clone(),
            at_hand: at_hand.clone(),
        };
        let mut config = server_config(
            &self.identity,
            Door::All,
            self.clock.clone(),
            self.provider.clone(),
            asks,
            at_hand.clone(),
        )?;
        config.alpn_protocols = Wish::protocols(self.identity.awaits_challenge());
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

/// Looks at no certificate, and asks for one as the hello wishes.
struct AsWished {
    issuers: Arc<[DistinguishedName]>,
    at_hand: SharedAtHand,
}

impl Asks for AsWished {
    fn demands(&self) -> bool {
        self.at_hand.lock().hello.wish == Wish::MqttCertificate
    }

    fn issuers(&self) -> &[DistinguishedName] {
        match self.at_hand.lock().hello.wish {
            Wish::Http => &self.issuers,
            _ => &[],
        }
    }

    fn look(&self, _certificate: &CertificateDer<'_>) -> Result<(), rustls::Error> {
        Ok(())
    }
}
