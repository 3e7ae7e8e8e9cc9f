// SPDX-License-Identifier: Apache-2.0
//! Closing so that the peer can read why: a socket that is closed while bytes wait in it resets the
//! connection, and the reset overtakes the last packet on its way to the peer.

use std::collections::VecDeque;
use std::io::Read;
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// Bytes thrown away of a socket each time it is looked at.
const DRAIN_BYTES_MAX: usize = 64 << 10;

/// Sockets that have sent their last byte, each for a short time. Bounded: beyond the limit the
/// oldest goes at once.
#[derive(Debug)]
pub struct Lingering {
    sockets: VecDeque<(Duration, TcpStream)>,
    span: Duration,
    sockets_max: usize,
}

impl Lingering {
    /// Keeps at most `sockets_max`, each for `span`.
    pub fn new(span: Duration, sockets_max: usize) -> Self {
        Self {
            sockets: VecDeque::new(),
            span,
            sockets_max,
        }
    }

    /// Ends our side of a non-blocking socket, and closes it later. It must be registered nowhere.
    pub fn push(&mut self, now: Duration, mut socket: TcpStream) {
        drain(&mut socket);
        if socket.shutdown(Shutdown::Write).is_err() {
            return;
        }
        if self.sockets.len() >= self.sockets_max {
            self.sockets.pop_front();
        }
        self.sockets.push_back((now + self.span, socket));
    }

    /// Closes those whose time is over.
    pub fn sweep(&mut self, now: Duration) {
        while self.sockets.front().is_some_and(|(until, _)| *until <= now) {
            if let Some((_, mut socket)) = self.sockets.pop_front() {
                drain(&mut socket);
            }
        }
    }

    /// Closes all.
    pub fn clear(&mut self) {
        self.sockets.clear();
    }

    /// When to sweep next.
    pub fn next(&self) -> Option<Duration> {
        self.sockets.front().map(|(until, _)| *until)
    }
}

fn drain(socket: &mut TcpStream) {
    let mut bin = [0; 4_096];
    for _ in 0..DRAIN_BYTES_MAX / bin.len() {
        match socket.read(&mut bin) {
            Ok(count) if count > 0 => {}
            _ => return,
        }
    }
}
