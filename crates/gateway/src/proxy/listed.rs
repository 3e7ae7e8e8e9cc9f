// SPDX-License-Identifier: Apache-2.0
//! The addresses of proxies that are believed.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

/// An address or a range of addresses can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address or range, as in 10.0.0.7 or 10.0.0.0/8")]
pub struct BadRange(String);

/// Addresses and ranges; none by default. `clone` is cheap.
#[derive(Debug, Clone, Default)]
pub struct ProxyRanges(Arc<[Range]>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    address: IpAddr,
    bits: u8,
}

impl ProxyRanges {
    /// From texts as in `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`.
    pub fn parse(texts: &[String]) -> Result<Self, BadRange> {
        let ranges = texts.iter().map(|text| text.parse());
        Ok(Self(ranges.collect::<Result<_, _>>()?))
    }

    /// Whether an address is among them.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|range| range.contains(address))
    }
}

impl Range {
    fn contains(&self, address: IpAddr) -> bool {
        let (own, other, width) = match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (u128::from(u32::from(own)), u128::from(u32::from(other)), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => (u128::from(own), u128::from(other), 128),
            _ => return false,
        };
        // All bits wide, a shift would overflow.
        let shift = width - u32::from(self.bits);
        shift == 128 || own >> shift == other >> shift
    }
}

impl FromStr for Range {
    type Err = BadRange;

    fn from_str(text: &str) -> Result<Self, BadRange> {
        let wrong = || BadRange(text.to_owned());
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => width,
            Some(bits) => bits.parse().map_err(|_| wrong())?,
        };
        if bits > width {
            return Err(wrong());
        }
        Ok(Self { address, bits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let texts = ["10.0.0.0/8", "192.168.1.7", "fd00::/8", "::1"].map(str::to_owned);
        let listed = ProxyRanges::parse(&texts).expect("good");
        for (address, is) in [
            ("10.255.0.1", true),
            ("11.0.0.1", false),
            ("192.168.1.7", true),
            ("192.168.1.8", false),
            ("::ffff:10.1.2.3", true),
            ("fd12::1", true),
            ("fe80::1", false),
            ("::1", true),
        ] {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(listed.contains(address), is, "{address}");
        }
        let all = ProxyRanges::parse(&["0.0.0.0/0".into(), "::/0".into()]).expect("good");
        assert!(all.contains("9.9.9.9".parse().expect("v4")));
        assert!(all.contains("2::".parse().expect("v6")));
        for bad in [
            "10.0.0.0/33",
            "x",
            "10.0.0.0/",
            "::/129",
            "10.0.0/8",
            "/8",
            "",
        ] {
            assert!(ProxyRanges::parse(&[bad.to_owned()]).is_err(), "{bad}");
        }
        assert!(!ProxyRanges::default().contains("127.0.0.1".parse().expect("v4")));
    }
}
