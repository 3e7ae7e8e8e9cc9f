// SPDX-License-Identifier: Apache-2.0
//! Under which addresses and names others on its networks find this machine.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv6Addr, UdpSocket};

/// Most addresses that are told: more are no machine's that people reach by address.
const ADDRESSES_MAX: usize = 16;

/// Interfaces of containers and virtual machines on this one: nobody beyond it is behind them.
const INNER: [&str; 10] = [
    "br-", "cali", "cni", "docker", "flannel", "lxc", "lxdbr", "podman", "veth", "virbr",
];

/// Addresses of nobody (RFC 5737, RFC 3849): the way there begins at the address that others see.
const ANYWHERE: [(&str, &str); 2] = [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")];

/// This machine's addresses beyond loopback that stay for a while, IPv4 first. Link-local ones are
/// left out, and those IPv6 addresses that change every day to hide who asks (RFC 8981).
pub fn addresses() -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = match if_addrs::get_if_addrs() {
        Ok(interfaces) => {
            let passing = passing();
            let outer = interfaces.into_iter().filter(|it| is_outer(&it.name));
            outer
                .map(|interface| interface.ip())
                .filter(|ip| !matches!(ip, IpAddr::V6(ip) if passing.contains(ip)))
                .collect()
        }
        // A service manager may forbid to ask the kernel for them.
        Err(_) => outgoing().collect(),
    };
    found.retain(|ip| !ip.is_loopback() && !ip.is_unspecified() && !is_link_local(*ip));
    found.sort();
    found.dedup();
    found.truncate(ADDRESSES_MAX);
    found
}

fn is_outer(interface: &str) -> bool {
    !INNER.iter().any(|inner| interface.starts_with(inner))
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

/// The addresses that this machine would send from. Connecting a datagram socket sends nothing.
fn outgoing() -> impl Iterator<Item = IpAddr> {
    ANYWHERE.into_iter().filter_map(|(from, to)| {
        let socket = UdpSocket::bind(from).ok()?;
        socket.connect(to).ok()?;
        Some(socket.local_addr().ok()?.ip())
    })
}

/// IPv6 addresses that are temporary, on their way out, or not settled yet.
fn passing() -> HashSet<Ipv6Addr> {
    let text = std::fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
    text.lines().filter_map(passing_in).collect()
}

/// A line of `if_inet6`: address, index, length of prefix, scope, flags, name; hexadecimal.
fn passing_in(line: &str) -> Option<Ipv6Addr> {
    // IFA_F_TEMPORARY, IFA_F_DADFAILED, IFA_F_DEPRECATED, IFA_F_TENTATIVE of linux/if_addr.h.
    const PASSING: u32 = 0x01 | 0x08 | 0x20 | 0x40;
    let mut words = line.split_whitespace();
    let address = u128::from_str_radix(words.next()?, 16).ok()?;
    let flags = u32::from_str_radix(words.nth(3)?, 16).ok()?;
    (flags & PASSING != 0).then(|| Ipv6Addr::from(address))
}

/// The machine's name as its owner has set it, and the name by which it is found without a name
/// server (`NAME.local`, mDNS); none of a name that is only this machine's own.
pub fn names() -> Vec<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    names_of(name.trim())
}

fn names_of(name: &str) -> Vec<String> {
    let name = name.to_ascii_lowercase();
    let label = name.split('.').next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if label.is_empty() || label == "localhost" || name.len() > 253 || !name.chars().all(plain) {
        return Vec::new();
    }
    let local = format!("{label}.local");
    match name == local {
        true => vec![local],
        false => vec![local, name],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_reach() {
        for ip in addresses() {
            assert!(!ip.is_loopback() && !ip.is_unspecified() && !is_link_local(ip));
        }
        assert!(is_outer("eth0") && is_outer("wlan0") && is_outer("wg0"));
        assert!(!is_outer("docker0") && !is_outer("br-12ab") && !is_outer("veth1"));
    }

    #[test]
    fn addresses_that_pass_are_left_out() {
        let line = "20010db8000000000000000000000001 02 40 00 01     eth0";
        assert_eq!(passing_in(line), "2001:db8::1".parse().ok());
        assert_eq!(passing_in(&line.replace(" 01     ", " 80     ")), None);
        assert_eq!(passing_in(""), None);
    }

    #[test]
    fn the_name_and_the_one_without_a_name_server() {
        assert_eq!(names_of("Pi"), ["pi.local", "pi"]);
        assert_eq!(names_of("pi.lan"), ["pi.local", "pi.lan"]);
        assert_eq!(names_of("pi.local"), ["pi.local"]);
        for none in ["", "localhost", "localhost.localdomain", "a b", "pi_1"] {
            assert!(names_of(none).is_empty(), "{none}");
        }
    }
}
