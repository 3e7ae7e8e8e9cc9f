// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/reach`: where devices and people reach the server, for whoever sets a device up.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hw_identity::certificate_text;
use hw_identity::host_names::{covers, is_local};
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
    /// The best first: those that the certificate names, and of these the ones beyond this machine,
    /// as most devices reach them: the configured name, addresses, `HOSTNAME.local`, others.
    hosts: Vec<Host>,
    ports: Ports,
    /// Whether a door answers on this machine alone.
    loopback_only: LoopbackOnly,
    /// Whether devices may come in with user name and password at the port `mqtts`, too; at `https`
    /// they always may, by MQTT without ALPN or with `mqtt`, or by WebSocket.
    mqtts_passwords: bool,
    /// Whether devices are shown the public certificate, too, by the names that it is for.
    public_for_devices: bool,
    /// The CA that devices trust: PEM.
    ca_pem: String,
}

/// A name or address of the server.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Host {
    pub(super) name: String,
    /// Whether the server's certificate names it; where it does not, TLS fails.
    pub(super) covered: bool,
    /// `public_host` from the configuration, `address` or `name` of this machine, or `certificate`:
    /// only that names it, as the settings say, or because it was one of the machine before.
    why: &'static str,
    /// Whether browsers are shown the public certificate by this name: one that somebody else than
    /// the server's CA has signed.
    public: bool,
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
        public_for_devices: reach.public_for_devices,
        ca_pem: door.deps.authority.certificate_pem.clone(),
    }))
}

/// All names, each once, the best first.
pub(super) fn hosts(reach: &Reach, named: &[String]) -> Vec<Host> {
    let mut hosts: Vec<Host> = Vec::new();
    let mut add = |name: String, why| {
        if hosts.iter().all(|host| host.name != name) {
            let public = reach.public.as_ref();
            let public = public.is_some_and(|public| covers(&public.names, &name));
            let covered = covers(named, &name);
            hosts.push(Host {
                name,
                covered,
                why,
                public,
            });
        }
    };
    add(reach.public_host.clone(), "public_host");
    // Small devices ask no mDNS, and IPv6 is not everywhere.
    let (four, six): (Vec<&IpAddr>, Vec<_>) = reach.addresses.iter().partition(|ip| ip.is_ipv4());
    for address in four {
        add(address.to_string(), "address");
    }
    for name in &reach.machine_names {
        add(name.clone(), "name");
    }
    for address in six {
        add(address.to_string(), "address");
    }
    for name in named {
        add(name.clone(), "certificate");
    }
    // The sort is stable: the order above stays within.
    hosts.sort_by_key(|host| (!host.covered, is_local(&host.name)));
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(public_host: &str, named: &[&str]) -> Vec<(String, bool, &'static str)> {
        let reach = Reach {
            public_host: public_host.to_owned(),
            addresses: vec![
                [192, 0, 2, 7].into(),
                "2001:db8::7".parse().expect("an address"),
            ],
            machine_names: vec!["pi.local".to_owned()],
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
            ("pi.local", false, "name"),
            ("2001:db8::7", false, "address"),
        ];
        let expected = expected.map(|(name, covered, why)| (name.to_owned(), covered, why));
        assert_eq!(found, expected);
    }

    #[test]
    fn of_a_server_whose_name_nobody_has_configured() {
        let named = [
            "192.0.2.1",
            "192.0.2.7",
            "2001:db8::7",
            "localhost",
            "pi.local",
        ];
        let found = names("localhost", &named).into_iter();
        let found: Vec<_> = found.map(|(name, _, why)| (name, why)).collect();
        let expected = [
            ("192.0.2.7", "address"),
            ("pi.local", "name"),
            ("2001:db8::7", "address"),
            ("192.0.2.1", "certificate"),
            ("localhost", "public_host"),
        ];
        assert_eq!(found, expected.map(|(name, why)| (name.to_owned(), why)));
    }
}
