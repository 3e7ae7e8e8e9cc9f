// SPDX-License-Identifier: Apache-2.0
//! PROXY protocol, version 2: who is behind a load balancer. Only what comes from listed addresses
//! is believed, and from those it is demanded: else a client could say that it is somebody else.
//!
//! Source: "The PROXY protocol", section 2.2 (haproxy.org).

// By path, so that the fuzzer can take this file in alone.
#[path = "proxy/listed.rs"]
mod listed;

pub use listed::{BadRange, ProxyRanges};

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Bytes before the addresses.
pub(crate) const PREFIX_BYTES: usize = 16;

/// Longest rest of a header, addresses and all: room for what proxies add, a certificate's name too.
const REST_BYTES_MAX: usize = 4 << 10;

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// A header that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("PROXY protocol: {0}")]
pub struct BadHeader(&'static str);

/// A whole header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Its bytes, with all that the proxy added.
    pub bytes: usize,
    /// Who is behind the proxy; `None` if it speaks for itself, as in a health check.
    pub source: Option<SocketAddr>,
}

/// Reads a header at the front of the bytes. `None`: more are needed.
///
/// # Errors
/// At the first byte that is wrong.
pub fn parse(bytes: &[u8]) -> Result<Option<Header>, BadHeader> {
    let known = bytes.len().min(SIGNATURE.len());
    if bytes[..known] != SIGNATURE[..known] {
        return Err(BadHeader("a listed proxy sent no header of version 2"));
    }
    let Some(prefix) = bytes.get(..PREFIX_BYTES) else {
        return Ok(None);
    };
    let rest_bytes = usize::from(u16::from_be_bytes([prefix[14], prefix[15]]));
    if rest_bytes > REST_BYTES_MAX {
        return Err(BadHeader("the header is too long"));
    }
    let is_local = match prefix[12] {
        0x20 => true,
        0x21 => false,
        _ => return Err(BadHeader("not version 2, or a command that is not defined")),
    };
    let Some(rest) = bytes.get(PREFIX_BYTES..PREFIX_BYTES + rest_bytes) else {
        return Ok(None);
    };
    let source = match (is_local, prefix[13]) {
        // What it says then is to be ignored.
        (true, _) => None,
        (false, 0x11) => Some(v4(rest)?),
        (false, 0x21) => Some(v6(rest)?),
        _ => return Err(BadHeader("not a connection of TCP")),
    };
    Ok(Some(Header {
        bytes: PREFIX_BYTES + rest_bytes,
        source,
    }))
}

const SHORT: BadHeader = BadHeader("its addresses are cut");

/// Source and destination, then their ports.
fn v4(rest: &[u8]) -> Result<SocketAddr, BadHeader> {
    let [a, b, c, d, _, _, _, _, high, low, _, _, ..] = rest else {
        return Err(SHORT);
    };
    let port = u16::from_be_bytes([*high, *low]);
    Ok((Ipv4Addr::new(*a, *b, *c, *d), port).into())
}

fn v6(rest: &[u8]) -> Result<SocketAddr, BadHeader> {
    let (source, after) = rest.split_first_chunk::<16>().ok_or(SHORT)?;
    let ports = after.get(16..20).ok_or(SHORT)?;
    let port = u16::from_be_bytes([ports[0], ports[1]]);
    let address = IpAddr::V6(Ipv6Addr::from(*source)).to_canonical();
    Ok((address, port).into())
}

#[cfg(test)]
mod tests;
