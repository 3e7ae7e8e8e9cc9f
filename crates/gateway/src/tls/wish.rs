// SPDX-License-Identifier: Apache-2.0
//! What a client says in its hello: the name it asks for, and by ALPN what it wants to speak.

use std::sync::Arc;

use rustls::server::ClientHello;

/// What ALPN asked for. Source: AWS IoT developer guide, "Device communication protocols".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Nothing was said: the first byte tells.
    #[default]
    Unsaid,
    /// `x-amzn-mqtt-ca`: MQTT with a client certificate.
    MqttCertificate,
    /// `mqtt`: MQTT with a custom authorizer.
    MqttAuthorizer,
    /// `x-amzn-http-ca`: HTTP with a client certificate.
    HttpCertificate,
    /// `http/1.1`, as browsers say it and most other clients of HTTP.
    Http,
    /// `acme-tls/1` alone: an ACME server asks for a proof of the name (RFC 8737).
    Challenge,
}

/// The protocol of [`Wish::Challenge`].
const CHALLENGE: &[u8] = b"acme-tls/1";

/// In the order in which one is chosen when several are offered.
const KNOWN: [(&[u8], Wish); 4] = [
    (b"x-amzn-mqtt-ca", Wish::MqttCertificate),
    (b"mqtt", Wish::MqttAuthorizer),
    (b"x-amzn-http-ca", Wish::HttpCertificate),
    (b"http/1.1", Wish::Http),
];

impl Wish {
    /// The protocols that the HTTPS door agrees to, in the same order; that of challenges only
    /// while one is awaited.
    pub fn protocols(awaits_challenge: bool) -> Vec<Vec<u8>> {
        let known = KNOWN.iter().map(|(name, _)| name.to_vec());
        let challenge = awaits_challenge.then(|| CHALLENGE.to_vec());
        known.chain(challenge).collect()
    }
}

/// What is remembered of a hello.
#[derive(Debug, Default)]
pub(crate) struct Hello {
    /// The name that the client asked for (SNI).
    pub server_name: Option<Arc<str>>,
    /// What it wants to speak.
    pub wish: Wish,
}

impl Hello {
    /// Of a client's hello.
    pub fn of(hello: &ClientHello<'_>) -> Self {
        let offered: Vec<&[u8]> = hello.alpn().into_iter().flatten().collect();
        let chosen = KNOWN.iter().find(|(name, _)| offered.contains(name));
        let wish = match offered[..] {
            [CHALLENGE] => Wish::Challenge,
            _ => chosen.map_or(Wish::Unsaid, |(_, wish)| *wish),
        };
        Self {
            server_name: hello.server_name().map(Arc::from),
            wish,
        }
    }
}
