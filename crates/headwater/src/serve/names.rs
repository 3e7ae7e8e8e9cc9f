// SPDX-License-Identifier: Apache-2.0
//! By which names and addresses the doors of TLS are reached: what the server's own certificate is
//! for, and what devices and people are told.

use std::net::{IpAddr, SocketAddr};

use crate::config::{Config, Listen};
use crate::machine::addresses;

/// What is known of it from the settings; the machine is asked each time.
#[derive(Debug, Clone)]
pub struct Names {
    /// What devices and people call the server, as it is configured.
    pub public_host: String,
    /// More, from the settings: those that the machine can't know, as behind a router.
    more: Vec<String>,
    /// The doors of TLS.
    doors: [Option<IpAddr>; 2],
}

impl Names {
    /// Of a server with these settings.
    pub fn of(config: &Config) -> Self {
        let Listen { mqtts, https, .. } = config.listen;
        let ip = |door: Option<SocketAddr>| door.map(|door| door.ip());
        Self {
            public_host: config.public_host.clone(),
            more: config.certificates.more_names(),
            doors: [ip(mqtts), ip(https)],
        }
    }

    /// For the certificate: the public name, the loopback's, and where a door of TLS is open beyond
    /// this machine, the machine's names and addresses.
    pub fn all(&self) -> Vec<String> {
        let mut names = vec![self.public_host.clone()];
        names.extend(self.more.iter().cloned());
        names.extend(self.machine());
        names.extend(self.addresses().iter().map(IpAddr::to_string));
        names.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
        let mut once = Vec::new();
        for name in names {
            if !once.contains(&name) {
                once.push(name);
            }
        }
        once
    }

    /// The machine's names, if a door of TLS is open beyond it; `HOSTNAME.local` first.
    pub fn machine(&self) -> Vec<String> {
        match self.open_beyond() {
            true => addresses::names(),
            false => Vec::new(),
        }
    }

    /// Where doors of TLS answer beyond this machine.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let mut found = Vec::new();
        for ip in self.doors.into_iter().flatten() {
            match ip {
                // Linux takes IPv4 at the IPv6 address of all, too.
                IpAddr::V6(ip) if ip.is_unspecified() => found.extend(addresses::addresses()),
                IpAddr::V4(ip) if ip.is_unspecified() => {
                    let four = addresses::addresses().into_iter().filter(IpAddr::is_ipv4);
                    found.extend(four);
                }
                ip => found.push(ip),
            }
        }
        found.retain(|ip| !ip.is_loopback());
        found.sort();
        found.dedup();
        found
    }

    /// Whether a door of TLS is open beyond this machine.
    pub fn open_beyond(&self) -> bool {
        let mut doors = self.doors.into_iter().flatten();
        doors.any(|ip| !ip.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(mqtts: &str, https: Option<&str>) -> Names {
        let ip = |text: &str| text.parse().expect("an address");
        Names {
            public_host: "iot.example".to_owned(),
            more: vec!["203.0.113.4".to_owned()],
            doors: [Some(ip(mqtts)), https.map(ip)],
        }
    }

    #[test]
    fn loopback_is_nowhere_else_and_each_address_stands_once() {
        let local = names("127.0.0.1", Some("::1"));
        assert!(!local.open_beyond() && local.addresses().is_empty());
        let expected = [
            "iot.example",
            "203.0.113.4",
            "localhost",
            "127.0.0.1",
            "::1",
        ];
        assert_eq!(local.all(), expected);
        let one = names("192.0.2.7", Some("192.0.2.7"));
        let expected: Vec<IpAddr> = vec!["192.0.2.7".parse().expect("one")];
        assert_eq!(one.addresses(), expected);
        assert!(one.all().contains(&"192.0.2.7".to_owned()));
        let anywhere = names("0.0.0.0", None);
        assert!(anywhere.open_beyond());
        assert!(anywhere.addresses().iter().all(|ip| !ip.is_loopback()));
        for name in addresses::names() {
            assert!(anywhere.all().contains(&name));
        }
    }
}
