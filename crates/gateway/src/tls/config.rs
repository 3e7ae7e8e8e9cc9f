// SPDX-License-Identifier: Apache-2.0
//! TLS configurations: TLS 1.2 and 1.3, client certificates, no resumption. Each has its own ear
//! for what its callbacks hear ([`super::at_hand`]).

use std::sync::Arc;
use std::time::Duration;

use hw_kernel::{Admission, Clock};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::UnixTime;
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::version::{TLS12, TLS13};
use rustls::{ConfigBuilder, ServerConfig, WantsVerifier};

use super::identity::{ServerIdentity, provider};
use super::in_registry::{InRegistry, OpenToAll};
use super::proof::{Asks, Proof};
use super::{Hello, SharedAtHand};

/// That of a thread of an MQTT door. No ALPN is agreed to: clients that ask for `x-amzn-mqtt-ca`
/// or `mqtt` take silence as agreement, and nobody who asks for something else is sent away.
pub(crate) fn mqtt_config(
    identity: &ServerIdentity,
    admission: Arc<dyn Admission>,
    open: OpenToAll,
    clock: Arc<dyn Clock>,
    at_hand: SharedAtHand,
) -> Result<ServerConfig, rustls::Error> {
    let provider = Arc::new(provider());
    let asks = InRegistry::new(admission, open, clock.clone(), at_hand.clone());
    server_config(identity, clock, provider, asks, at_hand)
}

/// A configuration that asks for client certificates so.
pub(super) fn server_config(
    identity: &ServerIdentity,
    clock: Arc<dyn Clock>,
    provider: Arc<CryptoProvider>,
    asks: impl Asks + 'static,
    at_hand: SharedAtHand,
) -> Result<ServerConfig, rustls::Error> {
    let time = Arc::new(ClockTime(clock));
    let builder: ConfigBuilder<ServerConfig, WantsVerifier> =
        ServerConfig::builder_with_details(provider.clone(), time)
            .with_protocol_versions(&[&TLS13, &TLS12])?;
    let mut config = builder
        .with_client_cert_verifier(Arc::new(Proof::new(asks, provider)))
        .with_cert_resolver(Arc::new(OneIdentity {
            identity: identity.clone(),
            at_hand,
        }));
    // A resumed session would pass by the registry: every handshake is a full one.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.max_early_data_size = 0;
    Ok(config)
}

/// Shows the same certificate whatever name is asked for, and notes the hello.
#[derive(Debug)]
struct OneIdentity {
    identity: ServerIdentity,
    at_hand: SharedAtHand,
}

impl ResolvesServerCert for OneIdentity {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.at_hand.lock().hello = Hello::of(&hello);
        Some(self.identity.current())
    }
}

struct ClockTime(Arc<dyn Clock>);

impl std::fmt::Debug for ClockTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClockTime")
    }
}

impl TimeProvider for ClockTime {
    fn current_time(&self) -> Option<UnixTime> {
        let micros = u64::try_from(self.0.now().0).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_micros(micros)))
    }
}
