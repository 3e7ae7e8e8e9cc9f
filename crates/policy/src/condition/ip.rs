// SPDX-License-Identifier: Apache-2.0
//! `IpAddress`: an address or a range in CIDR notation, v4 or v6.

use std::net::IpAddr;

pub(super) fn is_valid(range: &str) -> bool {
    parse_range(range).is_some()
}

/// Whether `address` lies in `range`. An IPv4 address written as IPv6 counts as IPv4.
pub(super) fn contains(range: &str, address: &str) -> bool {
    let (Some((network, bits)), Ok(address)) = (parse_range(range), address.parse::<IpAddr>())
    else {
        return false;
    };
    match (network, address.to_canonical()) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let shift = 32 - bits;
            let head = |ip: u32| ip.checked_shr(shift).unwrap_or(0);
            head(network.to_bits()) == head(address.to_bits())
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let shift = 128 - bits;
            let head = |ip: u128| ip.checked_shr(shift).unwrap_or(0);
            head(network.to_bits()) == head(address.to_bits())
        }
        _ => false,
    }
}

/// An address and how many of its bits count.
fn parse_range(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let max = if address.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        Some(bits) if bits.bytes().all(|b| b.is_ascii_digit()) => bits.parse().ok()?,
        Some(_) => return None,
        None => max,
    };
    (bits <= max).then_some((address, bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (range, address, expected) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("0.0.0.0/0", "1.2.3.4", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("10.0.0.0/8", "not an address", false),
        ] {
            assert_eq!(contains(range, address), expected, "{range} {address}");
        }
        for bad in [
            "10.0.0.0/33",
            "10.0.0",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "::/129",
            "",
        ] {
            assert!(!is_valid(bad), "{bad}");
        }
    }
}
