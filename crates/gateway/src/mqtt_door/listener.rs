// SPDX-License-Identifier: Apache-2.0
//! Binding a listening socket, and taking connections off it without ever spinning.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

/// How long a door that got an error from `accept` (no descriptors left) waits before it asks
/// again; what waits in the backlog is kept meanwhile.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A non-blocking listening socket; an address that is taken is an error.
pub fn bind(addr: SocketAddr, backlog: i32) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    // Only so that a restart does not wait for connections of the last run (TIME_WAIT).
    socket.set_reuse_address(true)?;
    socket.bind(&addr.into())?;
    socket.listen(backlog)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// What one `accept` came to.
pub enum Accepted {
    /// A connection, set up.
    Guest(mio::net::TcpStream, SocketAddr),
    /// Nobody waits.
    Nobody,
    /// This one went away again, or its socket can't be set up: try the next.
    Gone,
    /// No more connections can be had now: pause.
    Full(io::Error),
}

/// Takes one connection.
pub fn accept(listener: &mio::net::TcpListener) -> Accepted {
    match listener.accept() {
        Ok((socket, peer)) => match socket.set_nodelay(true) {
            Ok(()) => Accepted::Guest(socket, peer),
            Err(_) => Accepted::Gone,
        },
        Err(error) => match error.kind() {
            io::ErrorKind::WouldBlock => Accepted::Nobody,
            io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted => Accepted::Gone,
            _ => Accepted::Full(error),
        },
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_port_in_use_is_refused() {
        let any = "127.0.0.1:0".parse().expect("an address");
        let first = super::bind(any, 16).expect("a free port");
        let taken = first.local_addr().expect("it is bound");
        assert!(super::bind(taken, 16).is_err());
    }
}
