// SPDX-License-Identifier: Apache-2.0
//! The other end of an HTTP connection, as its door knows it. It stands in each request's
//! extensions.

use std::net::SocketAddr;
use std::sync::Arc;

/// Whom a request comes from.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its address; behind a listed proxy, the one that the proxy gave.
    pub address: SocketAddr,
    /// Whether the connection is TLS.
    pub tls: bool,
    /// The server name that it asked for.
    pub server_name: Option<Arc<str>>,
    /// The certificate that it proved to hold, DER; nobody has looked it up yet.
    pub certificate: Option<Arc<[u8]>>,
}
