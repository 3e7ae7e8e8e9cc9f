// SPDX-License-Identifier: Apache-2.0
//! Announces the machine's name and the doors of TLS on its networks (mDNS and DNS-SD, RFC 6762 and
//! 6763), so that devices and phones find `HOSTNAME.local` where nobody runs a name server.

use std::net::{IpAddr, SocketAddr};

use mdns_sd::{ServiceDaemon, ServiceInfo};

use super::Endpoints;
use super::names::Names;

/// What is announced, until it is dropped.
pub(super) struct Announced(ServiceDaemon);

/// Announces what is open beyond this machine; `None` if nothing is, or if the network lets nobody.
pub(super) fn announce(names: &Names, endpoints: &Endpoints) -> Option<Announced> {
    let host = names.machine().into_iter().next()?;
    let services = services(&host, endpoints);
    if services.is_empty() {
        return None;
    }
    match register(services) {
        Ok(announced) => {
            tracing::info!(host, "announced by mDNS");
            Some(announced)
        }
        Err(error) => {
            let error = error.to_string();
            tracing::warn!(
                error,
                "nothing can be announced by mDNS: listen.mdns = false says nothing of it"
            );
            None
        }
    }
}

fn register(services: Vec<ServiceInfo>) -> Result<Announced, mdns_sd::Error> {
    let announced = Announced(ServiceDaemon::new()?);
    for service in services {
        announced.0.register(service)?;
    }
    Ok(announced)
}

/// A service for each door that is open beyond this machine.
fn services(host: &str, endpoints: &Endpoints) -> Vec<ServiceInfo> {
    let doors = [
        ("_secure-mqtt._tcp.local.", endpoints.mqtts, &[][..]),
        (
            "_https._tcp.local.",
            endpoints.https,
            &[("path", "/"), ("product", "headwater")][..],
        ),
    ];
    let open = doors.into_iter().filter_map(|(kind, door, text)| {
        let door = door.filter(|door: &SocketAddr| !door.ip().is_loopback())?;
        let made = service(kind, host, door, text);
        made.inspect_err(|error| tracing::warn!(%error, kind, "can't be announced by mDNS"))
            .ok()
    });
    open.collect()
}

fn service(
    kind: &str,
    host: &str,
    door: SocketAddr,
    text: &[(&str, &str)],
) -> Result<ServiceInfo, mdns_sd::Error> {
    let label = host.trim_end_matches(".local");
    let instance = format!("Headwater on {label}");
    let host = format!("{host}.");
    let addresses: &[IpAddr] = match door.ip().is_unspecified() {
        true => &[],
        false => &[door.ip()],
    };
    let info = ServiceInfo::new(kind, &instance, &host, addresses, door.port(), text)?;
    let mut info = match door.ip().is_unspecified() {
        true => info.enable_addr_auto(),
        false => info,
    };
    // The name is the machine's, and another responder on it may say the same: no reason to look
    // for another name, which the certificate would not have.
    info.set_requires_probe(false);
    Ok(info)
}

impl Drop for Announced {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            tracing::debug!(%error, "mDNS was not ended in order");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doors_beyond_this_machine_under_the_machines_name() {
        let at = |text: &str| Some(text.parse().expect("an address"));
        let endpoints = Endpoints {
            mqtts: at("0.0.0.0:8883"),
            https: at("192.0.2.7:8443"),
            ..Endpoints::default()
        };
        let services = services("pi.local", &endpoints);
        let [mqtts, https] = &services[..] else {
            panic!("two, not {}", services.len());
        };
        assert_eq!(
            (mqtts.get_fullname(), mqtts.get_hostname()),
            ("Headwater on pi._secure-mqtt._tcp.local.", "pi.local.")
        );
        assert_eq!(mqtts.get_port(), 8883);
        assert!(mqtts.is_addr_auto() && !https.is_addr_auto());
        assert_eq!(https.get_property_val_str("path"), Some("/"));
        let loopback = Endpoints {
            mqtts: at("127.0.0.1:8883"),
            ..Endpoints::default()
        };
        assert!(self::services("pi.local", &loopback).is_empty());
    }
}
