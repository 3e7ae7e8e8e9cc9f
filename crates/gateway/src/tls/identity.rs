// SPDX-License-Identifier: Apache-2.0
//! The certificates and keys that the TLS doors show, and which of them to whom.
//!
//! Devices trust the server's own CA, and must be able to go on doing so whatever browsers are
//! shown. So the certificate that somebody else has signed (the public one) goes to who asks for a
//! name that it is for and does not say that it is a device; everybody else sees the own one.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::{ArcSwap, ArcSwapOption};
use hw_identity::host_names::{canonical, covers};
use parking_lot::Mutex;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::{Hello, Wish};

/// The certificate and key can't be used.
#[derive(Debug, thiserror::Error)]
#[error("the server's certificate or key can't be used: {0}")]
pub struct BadIdentity(#[from] rustls::Error);

/// What any number of doors show. `clone` is of the same one: when a certificate is replaced, all
/// doors show the new one from the next handshake on.
#[derive(Debug, Clone)]
pub struct ServerIdentity(Arc<Shown>);

#[derive(Debug)]
struct Shown {
    /// That of the server's own CA.
    own: ArcSwap<CertifiedKey>,
    /// That which somebody else has signed.
    public: ArcSwapOption<Public>,
    /// Whether devices see the public one, too.
    for_devices: AtomicBool,
    /// Answers to challenges of ACME (RFC 8737), by name.
    challenges: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

#[derive(Debug)]
struct Public {
    key: Arc<CertifiedKey>,
    /// What it is for.
    names: Vec<String>,
}

impl ServerIdentity {
    /// Chain (leaf first) of the server's own CA and the leaf's key; they must fit together.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, BadIdentity> {
        Ok(Self(Arc::new(Shown {
            own: ArcSwap::from_pointee(certified(chain, key)?),
            public: ArcSwapOption::empty(),
            for_devices: AtomicBool::new(false),
            challenges: Mutex::default(),
        })))
    }

    /// Shows another own one from now on; connections that are open stay as they are.
    pub fn replace(
        &self,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<(), BadIdentity> {
        self.0.own.store(Arc::new(certified(chain, key)?));
        Ok(())
    }

    /// Shows, from now on, this public one to who asks for one of `names`.
    pub fn show_public(
        &self,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        names: Vec<String>,
    ) -> Result<(), BadIdentity> {
        let key = Arc::new(certified(chain, key)?);
        self.0.public.store(Some(Arc::new(Public { key, names })));
        Ok(())
    }

    /// Whether devices see the public one, too, where it is for the name that they ask for.
    pub fn set_for_devices(&self, for_devices: bool) {
        self.0.for_devices.store(for_devices, Ordering::Relaxed);
    }

    /// Answers the challenge for a name until [`Self::end_challenges`].
    pub fn answer_challenge(
        &self,
        name: &str,
        certificate: CertificateDer<'static>,
        key: PrivateKeyDer<'static>,
    ) -> Result<(), BadIdentity> {
        // Whether they fit can't be looked at: the proof stands in a critical extension, which who
        // reads certificates for TLS must refuse to know.
        let key = provider().key_provider.load_private_key(key)?;
        let key = Arc::new(CertifiedKey::new(vec![certificate], key));
        self.0.challenges.lock().insert(canonical(name), key);
        Ok(())
    }

    /// Answers none any more.
    pub fn end_challenges(&self) {
        self.0.challenges.lock().clear();
    }

    /// Whether a challenge may come.
    pub(super) fn awaits_challenge(&self) -> bool {
        !self.0.challenges.lock().is_empty()
    }

    /// What to show; `None` ends the handshake. `is_device` says what kind of door it is: one for
    /// devices alone, whatever the hello says.
    pub(super) fn for_hello(&self, hello: &Hello, is_device: bool) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name.as_deref();
        if hello.wish == Wish::Challenge {
            return self.0.challenges.lock().get(&canonical(name?)).cloned();
        }
        let is_device = is_device || hello.wish != Wish::Http;
        if !is_device || self.0.for_devices.load(Ordering::Relaxed) {
            let public = self.0.public.load();
            if let (Some(public), Some(name)) = (&*public, name)
                && covers(&public.names, name)
            {
                return Some(public.key.clone());
            }
        }
        Some(self.0.own.load_full())
    }
}

fn certified(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<CertifiedKey, BadIdentity> {
    Ok(CertifiedKey::from_der(chain, key, &provider())?)
}

/// The cryptography of every TLS door.
pub(crate) fn provider() -> CryptoProvider {
    rustls::crypto::aws_lc_rs::default_provider()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Made = (CertificateDer<'static>, PrivateKeyDer<'static>);

    fn made(name: &str) -> Made {
        let key = rcgen::KeyPair::generate().expect("a key");
        let params = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = params.self_signed(&key).expect("signed").der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        (certificate, key)
    }

    #[test]
    fn each_sees_the_certificate_that_it_trusts() {
        let ((own, own_key), (public, public_key)) = (made("own"), made("public"));
        let identity = ServerIdentity::new(vec![own.clone()], own_key).expect("they fit");
        let shown = |name: Option<&str>, wish: Wish, is_device: bool| {
            let hello = Hello {
                server_name: name.map(Arc::from),
                wish,
            };
            let key = identity.for_hello(&hello, is_device);
            key.map(|key| key.cert[0].clone())
        };
        let name = Some("iot.example");
        assert_eq!(shown(name, Wish::Http, false), Some(own.clone()));
        identity
            .show_public(vec![public.clone()], public_key, vec!["IoT.example".into()])
            .expect("they fit");
        // A browser by the name; by an address or another name it gets the own one.
        assert_eq!(shown(name, Wish::Http, false), Some(public.clone()));
        assert_eq!(shown(None, Wish::Http, false), Some(own.clone()));
        let other = Some("pi.local");
        assert_eq!(shown(other, Wish::Http, false), Some(own.clone()));
        // Devices, by what they say or by the door.
        for wish in [
            Wish::Unsaid,
            Wish::MqttCertificate,
            Wish::MqttAuthorizer,
            Wish::HttpCertificate,
        ] {
            assert_eq!(shown(name, wish, false), Some(own.clone()), "{wish:?}");
        }
        assert_eq!(shown(name, Wish::Http, true), Some(own.clone()));
        identity.set_for_devices(true);
        assert_eq!(shown(name, Wish::Unsaid, true), Some(public));
        assert_eq!(shown(other, Wish::Unsaid, true), Some(own));
    }

    #[test]
    fn challenges_are_answered_by_name_while_they_last() {
        let ((own, own_key), (answer, answer_key)) = (made("own"), made("answer"));
        let identity = ServerIdentity::new(vec![own], own_key).expect("they fit");
        let ask = |name: Option<&str>| {
            let hello = Hello {
                server_name: name.map(Arc::from),
                wish: Wish::Challenge,
            };
            let key = identity.for_hello(&hello, false);
            key.map(|key| key.cert[0].clone())
        };
        assert!(ask(Some("a.example")).is_none() && !identity.awaits_challenge());
        identity
            .answer_challenge("a.example", answer.clone(), answer_key)
            .expect("they fit");
        assert!(identity.awaits_challenge());
        assert_eq!(ask(Some("A.example")), Some(answer));
        assert!(ask(Some("b.example")).is_none() && ask(None).is_none());
        identity.end_challenges();
        assert!(ask(Some("a.example")).is_none());
    }
}
