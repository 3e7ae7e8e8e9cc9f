// SPDX-License-Identifier: Apache-2.0
//! Where devices and people reach the server: what is known of its doors.

use std::net::{IpAddr, SocketAddr};

/// The doors, and what they show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// What devices and people call the server, as it is configured.
    pub public_host: String,
    /// MQTT over TLS; `None` is closed, here and below.
    pub mqtts: Option<SocketAddr>,
    /// HTTPS, MQTT over WebSocket, and MQTT by ALPN.
    pub https: Option<SocketAddr>,
    /// Plain MQTT.
    pub mqtt: Option<SocketAddr>,
    /// Plain HTTP.
    pub http: Option<SocketAddr>,
    /// PostgreSQL wire.
    pub postgres: Option<SocketAddr>,
    /// Whether clients of the door mqtts may come in with user name and password.
    pub mqtts_passwords: bool,
    /// Names of this machine, if the TLS doors answer beyond it: `HOSTNAME.local` first.
    pub machine_names: Vec<String>,
    /// Addresses of this machine that the TLS doors answer at, loopback left out.
    pub addresses: Vec<IpAddr>,
    /// The chain of the server's own CA that the TLS doors show: PEM, the server's own certificate
    /// first.
    pub server_chain_pem: String,
    /// The certificate that somebody else has signed, if one is shown.
    pub public: Option<PublicCertificate>,
    /// Whether devices see that one, too.
    pub public_for_devices: bool,
}

/// A certificate that somebody else than the server's CA has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicCertificate {
    /// Where it comes from: `files` or `acme`.
    pub source: &'static str,
    /// PEM, its own certificate first.
    pub chain_pem: String,
    /// DNS names and addresses that it is for.
    pub names: Vec<String>,
}

/// Knows the doors.
pub trait ReachSource: Send + Sync {
    /// As they are now: the certificate is made anew while the server runs.
    fn reach(&self) -> Reach;
}
