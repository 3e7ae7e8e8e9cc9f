// SPDX-License-Identifier: Apache-2.0
//! What a door hands to the broker: a connection whose peer is known and whose CONNECT is whole.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use hw_kernel::Principal;

use crate::tls::TlsSession;
use crate::websocket::WebSocket;

/// A connection on its way from a door to its home shard.
#[derive(Debug)]
pub struct Handover {
    /// The socket, non-blocking, registered nowhere.
    pub socket: TcpStream,
    /// The TLS connection, handshake done; `None` on a plain listener.
    pub tls: Option<Box<TlsSession>>,
    /// The framing of a connection over WebSocket, as far as the door has read.
    pub websocket: Option<Box<WebSocket>>,
    /// Bytes read from the socket that TLS has not taken yet.
    pub sealed: Vec<u8>,
    /// Plain bytes behind the CONNECT; out of their frames already.
    pub opened: Vec<u8>,
    /// Sealed answers that the socket did not take yet.
    pub unsent: Vec<u8>,
    /// The whole CONNECT packet.
    pub connect: Vec<u8>,
    /// The client id, as sent or assigned by the door; never empty.
    pub client_id: String,
    /// Who the peer is and what it may.
    pub principal: Arc<Principal>,
    /// Where it connects from.
    pub peer: SocketAddr,
    /// The server name that it asked for (SNI).
    pub server_name: Option<Arc<str>>,
    /// When it ends at the latest, on the monotonic clock.
    pub until: Option<Duration>,
}
