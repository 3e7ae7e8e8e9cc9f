// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/reach`: where devices and people reach the server, for whoever sets a device up.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hw_identity::certificate_text;
use schemars::JsonSchema;
use serde::Serialize;

use crate::auth::{Caller, Door};
use crate::described::{Answer, Operation};
use crate::error::ApiError;
use crate::reach::Reach;

/// How the server is reached.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ReachShown {
    /// The caller's account.
    account: String,
    /// AWS region of this server.
    region: String,
    /// The best first: those that the certificate names, and of these the ones beyond this machine.
    hosts: Vec<Host>,
    ports: Ports,
    /// Whether a door answers on this machine alone.
    loopback_only: LoopbackOnly,
    /// Whether devices may come in with user name and password at the port `mqtts`, too; at `https`
    /// they always may, by MQTT without ALPN or with `mqtt`, or by WebSocket.
    mqtts_passwords: bool,
    /// The CA that devices trust: PEM.
    ca_pem: String,
}

/// A name or address of the server.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Host {
    name: String,
    /// Whether the server's certificate names it; where it does not, TLS fails.
    covered: bool,
    /// `public_host` from the configuration, `certificate`: it names it, or `address` of this
    /// machine.
    why: &'static str,
}

/// Ports; null is closed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Ports {
    /// MQTT over TLS.
    mqtts: Option<u16>,
    /// HTTPS, MQTT over WebSocket at `/mqtt`, and MQTT over TLS.
    https: Option<u16>,
    /// Plain MQTT.
    mqtt: Option<u16>,
    /// Plain HTTP.
    http: Option<u16>,
    /// PostgreSQL wire.
    postgres: Option<u16>,
}

/// Of doors that are open.
#[derive(Serialize, JsonSchema)]
pub(crate) struct LoopbackOnly {
    mqtts: bool,
    https: bool,
    mqtt: bool,
    http: bool,
    postgres: bool,
}

/// How it is described.
pub(crate) const REACH: Operation = Operation {
    id: "get_reach",
    tag: "server",
    summary: "Where devices and people reach the server",
    answers: &[Answer::json::<ReachShown>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn reach(
    State(door): State<Arc<Door>>,
    caller: Caller,
) -> Result<Json<ReachShown>, ApiError> {
    let reach = door.deps.reach.reach();
    let named = certificate_text::read(&reach.server_chain_pem)?.names;
    let port = |door: Option<SocketAddr>| door.map(|door| door.port());
    let local = |door: Option<SocketAddr>| door.is_some_and(|door| door.ip().is_loopback());
    Ok(Json(ReachShown {
        account: caller.account.to_string(),
        region: door.deps.region.to_string(),
        hosts: hosts(&reach, &named),
        ports: Ports {
            mqtts: port(reach.mqtts),
            https: port(reach.https),
            mqtt: port(reach.mqtt),
            http: port(reach.http),
            postgres: port(reach.postgres),
        },
        loopback_only: LoopbackOnly {
            mqtts: local(reach.mqtts),
            https: local(reach.https),
            mqtt: local(reach.mqtt),
            http: local(reach.http),
            postgres: local(reach.postgres),
        },
        mqtts_passwords: reach.mqtts_passwords,
        ca_pem: door.deps.authority.certificate_pem.clone(),
    }))
}

/// All names, each once, the best first.
fn hosts(reach: &Reach, named: &[String]) -> Vec<Host> {
    let mut hosts: Vec<Host> = Vec::new();
    let mut add = |name: String, why| {
        if hosts.iter().all(|host| host.name != name) {
            let covered = named.contains(&name);
            hosts.push(Host { name, covered, why });
        }
    };
    add(reach.public_host.clone(), "public_host");
    for name in named {
        add(name.clone(), "certificate");
    }
    for address in &reach.addresses {
        add(address.to_string(), "address");
    }
    // The sort is stable: what is configured stays before the rest.
    hosts.sort_by_key(|host| (!host.covered, is_local(&host.name)));
    hosts
}

/// Whether a name means this machine whoever asks.
fn is_local(name: &str) -> bool {
    let address = name.parse::<IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(public_host: &str, named: &[&str]) -> Vec<(String, bool, &'static str)> {
        let reach = Reach {
            public_host: public_host.to_owned(),
            addresses: vec![[192, 0, 2, 7].into()],
            ..Reach::default()
        };
        let named: Vec<String> = named.iter().map(|name| (*name).to_owned()).collect();
        let hosts = hosts(&reach, &named).into_iter();
        hosts
            .map(|host| (host.name, host.covered, host.why))
            .collect()
    }

    #[test]
    fn what_works_from_elsewhere_comes_first() {
        let found = names("iot.example", &["127.0.0.1", "iot.example", "localhost"]);
        let expected = [
            ("iot.example", true, "public_host"),
            ("127.0.0.1", true, "certificate"),
            ("localhost", true, "certificate"),
            ("192.0.2.7", false, "address"),
        ];
        let expected = expected.map(|(name, covered, why)| (name.to_owned(), covered, why));
        assert_eq!(found, expected);
        // A server whose name nobody has configured: its certificate may still say one.
        let found = names("localhost", &["localhost", "pi.local"]);
        assert_eq!(found[0], ("pi.local".to_owned(), true, "certificate"));
        assert_eq!(found[1], ("localhost".to_owned(), true, "public_host"));
    }
}
