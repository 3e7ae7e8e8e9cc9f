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
    server_config(identity, Door::Devices, clock, provider, asks, at_hand)
}

/// Who comes by a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// Devices alone.
    Devices,
    /// Browsers, too: the hello tells.
    All,
}

/// A configuration that asks for client certificates so.
pub(super) fn server_config(
    identity: &ServerIdentity,
    door: Door,
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
        .with_cert_resolver(Arc::new(ByHello {
            identity: identity.clone(),
            for_devices: door == Door::Devices,
            at_hand,
        }));
    // A resumed session would pass by the registry: every handshake is a full one.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.max_early_data_size = 0;
    Ok(config)
}

/// Shows the certificate that the hello asks for, and notes the hello.
#[derive(Debug)]
struct ByHello {
    identity: ServerIdentity,
    for_devices: bool,
    at_hand: SharedAtHand,
}

impl ResolvesServerCert for ByHello {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let hello = Hello::of(&hello);
        let shown = self.identity.for_hello(&hello, self.for_devices);
        self.at_hand.lock().hello = hello;
        shown
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
