// SPDX-License-Identifier: Apache-2.0
//! Where devices and people reach this server, for the API.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;

use hw_api::{Reach, ReachSource};
use hw_identity::renewal::Renewal;

use super::Endpoints;

/// Addresses of nobody (RFC 5737, RFC 3849): the way there begins at the address that others see.
const ANYWHERE: [(&str, &str); 2] = [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")];

/// What is known once every door is open.
pub(super) struct Facts {
    pub public_host: String,
    pub endpoints: Endpoints,
    pub mqtts_passwords: bool,
    pub renewal: Arc<Renewal>,
}

impl ReachSource for Facts {
    fn reach(&self) -> Reach {
        let doors = &self.endpoints;
        Reach {
            public_host: self.public_host.clone(),
            mqtts: doors.mqtts,
            https: doors.https,
            mqtt: doors.mqtt,
            http: doors.http,
            postgres: doors.postgres,
            mqtts_passwords: self.mqtts_passwords,
            addresses: addresses([doors.mqtts, doors.https]),
            server_chain_pem: self.renewal.chain_pem(),
        }
    }
}

/// Where doors answer beyond this machine.
fn addresses(doors: [Option<SocketAddr>; 2]) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for ip in doors.into_iter().flatten().map(|door| door.ip()) {
        if ip.is_unspecified() {
            found.extend(outgoing());
        } else {
            found.push(ip);
        }
    }
    found.retain(|ip| !ip.is_loopback());
    let mut once = Vec::new();
    for ip in found {
        if !once.contains(&ip) {
            once.push(ip);
        }
    }
    once
}

/// The addresses that this machine would send from. Connecting a datagram socket sends nothing.
fn outgoing() -> impl Iterator<Item = IpAddr> {
    ANYWHERE.into_iter().filter_map(|(from, to)| {
        let socket = UdpSocket::bind(from).ok()?;
        socket.connect(to).ok()?;
        Some(socket.local_addr().ok()?.ip())
    })
}

#[cfg(test)]
mod tests {
    use super::addresses;

    #[test]
    fn loopback_is_nowhere_else_and_each_address_stands_once() {
        let at = |text: &str| Some(text.parse().expect("an address"));
        assert!(addresses([at("127.0.0.1:1"), at("[::1]:2")]).is_empty());
        let one = addresses([at("192.0.2.7:1"), at("192.0.2.7:2")]);
        assert_eq!(one, ["192.0.2.7".parse::<std::net::IpAddr>().expect("one")]);
        let anywhere = addresses([at("0.0.0.0:1"), None]);
        assert!(
            anywhere
                .iter()
                .all(|ip| !ip.is_loopback() && !ip.is_unspecified())
        );
    }
}
