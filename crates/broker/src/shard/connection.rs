// SPDX-License-Identifier: Apache-2.0
//! One connection on its shard: the socket, the layers on it, and what a cut packet or record left
//! behind. It knows bytes; what they mean is the machine's matter.

mod wrapping;

use std::io::{ErrorKind, Read, Write};

use hw_session::Slot;
use mio::net::TcpStream;

use super::light::Sent;
use crate::pool::Pool;
use crate::tls::TlsSession;
use crate::websocket::WebSocket;
use wrapping::Wrapping;

/// An idle one owns no buffer.
pub struct Connection {
    /// Its name in the machine.
    pub slot: Slot,
    /// The socket, registered for both directions, edge-triggered.
    pub socket: TcpStream,
    wrapping: Option<Box<Wrapping>>,
    /// Head of a packet whose rest has not come; the machine bounds it.
    rest: Vec<u8>,
    /// It stands in the shard's list of connections to read.
    pub queued: bool,
    /// The socket took less than it was given; a writable event ends it.
    pub blocked: bool,
    /// The peer has ended its side: what is left must be read up to the end.
    pub peer_ended: bool,
    /// What it has sent lately.
    pub(super) sent: Sent,
}

/// What lies on the socket, as a door hands it over.
#[derive(Default)]
pub struct Layers {
    /// TLS, handshake done.
    pub tls: Option<Box<TlsSession>>,
    /// WebSocket frames, in TLS if there is any.
    pub websocket: Option<Box<WebSocket>>,
    /// Bytes read that TLS has not taken yet.
    pub sealed: Vec<u8>,
    /// Bytes of TLS that the socket has not taken yet.
    pub unsent: Vec<u8>,
}

/// How a read ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing more is there; the next event tells.
    Drained,
    /// There may be more.
    More,
}

/// Why a connection is at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// The peer closed.
    ByPeer,
    /// An error, in words.
    Error(String),
}

impl Connection {
    /// A connection with what its door had read and not sent; `opened` is MQTT.
    pub fn new(slot: Slot, socket: TcpStream, layers: Layers, opened: Vec<u8>) -> Self {
        let is_wrapped = layers.tls.is_some() || layers.websocket.is_some();
        let wrapping = is_wrapped.then(|| {
            Box::new(Wrapping {
                tls: layers.tls.map(|tls| *tls),
                websocket: layers.websocket.map(|websocket| *websocket),
                rest: layers.sealed,
                unsent: layers.unsent,
                sent: 0,
            })
        });
        Self {
            slot,
            socket,
            wrapping,
            rest: opened,
            queued: false,
            blocked: false,
            peer_ended: false,
            sent: Sent::default(),
        }
    }

    /// Whether there is a layer between its socket and MQTT.
    pub fn is_wrapped(&self) -> bool {
        self.wrapping.is_some()
    }

    /// What clients call the way that it came: `mqtts`, `wss`, `ws` or `mqtt`.
    pub fn door(&self) -> &'static str {
        self.wrapping.as_ref().map_or("mqtt", |it| it.door())
    }

    /// Works off what the door had read already.
    pub fn begin(&mut self, feed: &mut dyn FnMut(&[u8]) -> usize) -> Result<Step, Broken> {
        let mut ended = false;
        if let Some(wrapping) = &mut self.wrapping
            && !wrapping.rest.is_empty()
        {
            ended = wrapping.open_rest(&mut self.rest)?;
        }
        self.feed_rest(feed);
        if ended {
            Err(Broken::ByPeer)
        } else {
            Ok(Step::More)
        }
    }

    /// Reads once, at most a buffer full, and feeds the machine. `feed` says how much it used; what
    /// it left is kept and given again.
    pub fn read(
        &mut self,
        buffer: &mut [u8],
        feed: &mut dyn FnMut(&[u8]) -> usize,
    ) -> Result<Step, Broken> {
        let (wanted, got) = match self.wrapping {
            Some(_) => self.read_wrapped(buffer, feed)?,
            None if self.rest.len() > buffer.len() / 2 => self.read_large(buffer.len(), feed)?,
            None => self.read_plain(buffer, feed)?,
        };
        // Less than asked for: drained, but not if the end is still to be read.
        Ok(if got < wanted && !(self.peer_ended && got > 0) {
            Step::Drained
        } else {
            Step::More
        })
    }

    /// Writes plain bytes, wrapped if need be. Says how many are gone for good (into the socket, or
    /// into the wrapped buffer of at most about `sealed_bytes_max`).
    pub fn write(
        &mut self,
        plain: &[u8],
        pool: &mut Pool,
        sealed_bytes_max: usize,
    ) -> Result<usize, Broken> {
        let Some(wrapping) = &mut self.wrapping else {
            let written = write_all(&mut self.socket, plain)?;
            self.blocked = written < plain.len();
            return Ok(written);
        };
        let mut taken = 0;
        loop {
            wrapping.sent += write_all(&mut self.socket, &wrapping.unsent[wrapping.sent..])?;
            self.blocked = wrapping.sent < wrapping.unsent.len();
            if self.blocked {
                return Ok(taken);
            }
            wrapping.sent = 0;
            wrapping.unsent.clear();
            let next = &plain[taken..plain.len().min(taken + sealed_bytes_max)];
            if next.is_empty() && !wrapping.has_pending() {
                pool.give(std::mem::take(&mut wrapping.unsent));
                return Ok(taken);
            }
            if wrapping.unsent.capacity() == 0 {
                wrapping.unsent = pool.take();
            }
            let mut scratch = pool.take();
            let sealed = wrapping.seal(next, &mut scratch);
            pool.give(scratch);
            sealed?;
            taken += next.len();
        }
    }

    /// Memory that holds wrapped bytes for the socket.
    pub fn sealed_bytes(&self) -> usize {
        let wrapping = self.wrapping.as_ref();
        wrapping.map_or(0, |wrapping| wrapping.unsent.capacity())
    }

    /// Whether wrapped bytes wait for the socket, or a layer has something to say of itself.
    pub fn has_unsent(&self) -> bool {
        self.wrapping
            .as_ref()
            .is_some_and(|wrapping| wrapping.sent < wrapping.unsent.len() || wrapping.has_pending())
    }

    /// Says the last word of each layer, as far as the socket takes it.
    pub fn say_goodbye(&mut self) {
        let Some(wrapping) = &mut self.wrapping else {
            return;
        };
        let said = wrapping.close();
        let said = said.and_then(|()| {
            write_all(&mut self.socket, &wrapping.unsent[wrapping.sent..]).map(|_| ())
        });
        if let Err(why) = said {
            tracing::debug!(?why, "a connection broke at its last byte");
        }
    }

    fn read_plain(
        &mut self,
        buffer: &mut [u8],
        feed: &mut dyn FnMut(&[u8]) -> usize,
    ) -> Result<(usize, usize), Broken> {
        let head = self.rest.len();
        let Some(got) = read(&mut self.socket, &mut buffer[head..])? else {
            return Ok((1, 0));
        };
        let wanted = buffer.len() - head;
        buffer[..head].copy_from_slice(&self.rest);
        let bytes = &buffer[..head + got];
        let left = &bytes[feed(bytes).min(bytes.len())..];
        keep(&mut self.rest, left);
        Ok((wanted, got))
    }

    /// For packets larger than half the shared buffer: straight to their other bytes.
    fn read_large(
        &mut self,
        wanted: usize,
        feed: &mut dyn FnMut(&[u8]) -> usize,
    ) -> Result<(usize, usize), Broken> {
        let head = self.rest.len();
        self.rest.resize(head + wanted, 0);
        let got = read(&mut self.socket, &mut self.rest[head..]);
        self.rest
            .truncate(head + got.as_ref().map_or(0, |got| got.unwrap_or(0)));
        let Some(got) = got? else {
            return Ok((1, 0));
        };
        self.feed_rest(feed);
        Ok((wanted, got))
    }

    fn read_wrapped(
        &mut self,
        buffer: &mut [u8],
        feed: &mut dyn FnMut(&[u8]) -> usize,
    ) -> Result<(usize, usize), Broken> {
        let Some(wrapping) = &mut self.wrapping else {
            return Ok((1, 0));
        };
        let (head, wanted) = (wrapping.rest.len(), buffer.len() / 2);
        // What is left is the head of a record; only a cut handshake message can make it larger.
        let large = head > buffer.len() - wanted;
        if large {
            wrapping.rest.resize(head + wanted, 0);
        } else {
            buffer[..head].copy_from_slice(&wrapping.rest);
        }
        let bytes = if large {
            &mut wrapping.rest[..]
        } else {
            &mut buffer[..head + wanted]
        };
        let got = read(&mut self.socket, &mut bytes[head..]);
        let got = match got {
            Ok(Some(got)) => got,
            other => {
                wrapping.rest.truncate(head);
                return other.map(|_| (1, 0));
            }
        };
        let opened = if large {
            wrapping.rest.truncate(head + got);
            wrapping.open_rest(&mut self.rest)
        } else {
            let bytes = &mut buffer[..head + got];
            wrapping.open(bytes, &mut self.rest).map(|(taken, closed)| {
                keep(&mut wrapping.rest, &bytes[taken..]);
                closed
            })
        };
        // What a layer has left says why it is at its end.
        let last_words = !matches!(opened, Ok(false));
        if last_words {
            write_all(&mut self.socket, &wrapping.unsent[wrapping.sent..])?;
        }
        let closed = opened?;
        self.feed_rest(feed);
        if closed {
            Err(Broken::ByPeer)
        } else {
            Ok((wanted, got))
        }
    }

    fn feed_rest(&mut self, feed: &mut dyn FnMut(&[u8]) -> usize) {
        if !self.rest.is_empty() {
            let used = feed(&self.rest);
            drop_front(&mut self.rest, used);
        }
    }
}

/// Keeps what is left of a packet or record, and no memory if nothing is.
fn keep(rest: &mut Vec<u8>, left: &[u8]) {
    if left.is_empty() {
        *rest = Vec::new();
    } else {
        rest.clear();
        rest.extend_from_slice(left);
    }
}

fn drop_front(rest: &mut Vec<u8>, used: usize) {
    if used >= rest.len() {
        *rest = Vec::new();
    } else {
        rest.drain(..used);
    }
}

/// `None`: nothing is there.
fn read(socket: &mut TcpStream, into: &mut [u8]) -> Result<Option<usize>, Broken> {
    loop {
        return match socket.read(into) {
            Ok(0) => Err(Broken::ByPeer),
            Ok(count) => Ok(Some(count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => Err(Broken::Error(error.to_string())),
        };
    }
}

/// Writes until all is gone or the socket is full, so that its next room makes an event.
fn write_all(socket: &mut TcpStream, bytes: &[u8]) -> Result<usize, Broken> {
    let mut written = 0;
    while written < bytes.len() {
        match socket.write(&bytes[written..]) {
            Ok(0) => return Err(Broken::ByPeer),
            Ok(count) => written += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(Broken::Error(error.to_string())),
        }
    }
    Ok(written)
}
