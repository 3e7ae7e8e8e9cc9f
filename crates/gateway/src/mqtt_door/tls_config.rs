// SPDX-License-Identifier: Apache-2.0
//! The TLS configuration of a door thread: TLS 1.2 and 1.3, client certificate, no resumption.
//!
//! Each thread has its own, because its callbacks speak to the thread by [`super::at_hand`]. No
//! ALPN is offered: clients that ask for `x-amzn-mqtt-ca` take silence as agreement.

use std::sync::Arc;
use std::time::Duration;

use hw_kernel::{Admission, Clock};
use rustls::pki_types::UnixTime;
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::version::{TLS12, TLS13};
use rustls::{ConfigBuilder, ServerConfig, WantsVerifier};

use super::at_hand::SharedAtHand;
use super::identity::{ServerIdentity, provider};
use super::verifier::RegistryVerifier;

/// Makes it.
pub fn tls_config(
    identity: &ServerIdentity,
    admission: Arc<dyn Admission>,
    clock: Arc<dyn Clock>,
    at_hand: SharedAtHand,
) -> Result<ServerConfig, rustls::Error> {
    let provider = Arc::new(provider());
    let time = Arc::new(ClockTime(clock.clone()));
    let verifier = RegistryVerifier::new(admission, clock, provider.clone(), at_hand.clone());
    let builder: ConfigBuilder<ServerConfig, WantsVerifier> =
        ServerConfig::builder_with_details(provider, time)
            .with_protocol_versions(&[&TLS13, &TLS12])?;
    let mut config = builder
        .with_client_cert_verifier(Arc::new(verifier))
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

/// Shows the same certificate whatever name is asked for, and notes the name.
#[derive(Debug)]
struct OneIdentity {
    identity: ServerIdentity,
    at_hand: SharedAtHand,
}

impl ResolvesServerCert for OneIdentity {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.at_hand.lock().server_name = hello.server_name().map(Arc::from);
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
