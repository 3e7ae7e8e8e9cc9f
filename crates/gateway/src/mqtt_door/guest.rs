// SPDX-License-Identifier: Apache-2.0
//! A connection that has not got through the door yet: bytes in, handshake, CONNECT.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hw_broker::Handover;
use hw_broker::tls::TlsSession;
use hw_kernel::Principal;
use hw_kernel::admission::Peer;
use mio::net::TcpStream;
use rustls::ServerConfig;

use super::{DoorDeps, DoorSettings};
use crate::http_door::StreamParts;
use crate::introduce::admit;
use crate::introduce::greet::{Hello, greet, not_authorized};
use crate::introduce::refuse::{Ending, tls_cause};
use crate::proxy;
use crate::tls::{self, Found, SharedAtHand, Wish};

/// Bytes that a handshake may take on the wire, on top of the CONNECT.
const HANDSHAKE_BYTES_MAX: usize = 160 << 10;

/// What a door thread lends to the connection that it works on.
pub struct Desk {
    /// Limits.
    pub settings: DoorSettings,
    /// Registry, broker, events, clock.
    pub deps: DoorDeps,
    /// `None` on a plain listener.
    pub tls: Option<Arc<ServerConfig>>,
    /// The ear of TLS' callbacks.
    pub at_hand: SharedAtHand,
    /// Random bits.
    pub random: &'static dyn rustls::crypto::SecureRandom,
    /// What is read lands here first.
    pub buffer: Box<[u8]>,
}

/// A half-open connection. It owns bytes only while a record or the CONNECT is cut.
pub struct Guest {
    /// Its socket.
    pub socket: TcpStream,
    /// Its address.
    pub peer: SocketAddr,
    /// When it must have sent its CONNECT.
    pub deadline: Duration,
    /// What has come of a listed proxy's header, until it is whole.
    proxy_header: Option<Vec<u8>>,
    tls: Option<Box<TlsSession>>,
    said: tls::Hello,
    found: Option<Found>,
    principal: Option<Arc<Principal>>,
    sealed: Vec<u8>,
    opened: Vec<u8>,
    unsent: Vec<u8>,
    received_bytes: usize,
}

impl Guest {
    /// Just accepted; of a listed proxy or not.
    pub fn new(socket: TcpStream, peer: SocketAddr, deadline: Duration, is_proxy: bool) -> Self {
        Self {
            socket,
            peer,
            deadline,
            proxy_header: is_proxy.then(Vec::new),
            tls: None,
            said: tls::Hello::default(),
            found: None,
            principal: None,
            sealed: Vec::new(),
            opened: Vec::new(),
            unsent: Vec::new(),
            received_bytes: 0,
        }
    }

    /// Reads what is there. `Some` once the CONNECT is whole and its sender admitted.
    pub fn advance(&mut self, desk: &mut Desk) -> Result<Option<Hello>, Ending> {
        self.send();
        loop {
            let count = match self.socket.read(&mut desk.buffer) {
                Ok(0) => return Err(self.gone("the peer closed before its CONNECT")),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.gone(&format!("before its CONNECT: {error}"))),
            };
            self.received_bytes += count;
            let count = self.take_proxy_header(count, desk)?;
            if count == 0 {
                continue;
            }
            if self.received_bytes > desk.settings.connect_packet_bytes_max + HANDSHAKE_BYTES_MAX {
                return Err(Ending::because("too many bytes before a CONNECT"));
            }
            match desk.tls.clone() {
                Some(config) => self.take_sealed(count, config, desk)?,
                None => self.opened.extend_from_slice(&desk.buffer[..count]),
            }
            if self.tls.as_ref().is_some_and(|tls| tls.is_handshaking()) {
                continue;
            }
            if let Some(hello) = greet(&self.opened, desk.settings.connect_packet_bytes_max)? {
                self.admit_anonymous(&hello, desk)?;
                return Ok(Some(hello));
            }
        }
    }

    /// Who it is, if that is known already.
    pub fn principal(&self) -> Option<&Principal> {
        self.principal.as_deref()
    }

    /// The connection with its CONNECT unread and what was said before it, for somebody who may
    /// wait for an authorizer. The socket must be registered nowhere.
    pub fn take_apart(self) -> (StreamParts, Peer) {
        let peer = Peer {
            address: self.peer,
            tls: self.tls.is_some(),
            server_name: self.said.server_name,
            certificate: None,
        };
        let parts = StreamParts {
            socket: self.socket.into(),
            tls: self.tls,
            sealed: self.sealed,
            opened: self.opened,
            unsent: self.unsent,
        };
        (parts, peer)
    }

    /// Everything about it, for its home shard. The socket must be registered nowhere.
    pub fn hand_over(self, hello: Hello, desk: &Desk) -> Result<Handover, Ending> {
        let nobody = || Ending::because("nobody was admitted");
        let principal = self.principal.ok_or_else(nobody)?;
        let client_id = match hello.client_id {
            Some(id) => id,
            None => admit::assigned_client_id(admit::DEVICE, desk.random)?,
        };
        let mut connect = self.opened;
        let opened = connect.split_off(hello.packet_bytes);
        Ok(Handover {
            socket: self.socket.into(),
            tls: self.tls,
            websocket: None,
            sealed: self.sealed,
            opened,
            unsent: self.unsent,
            connect,
            client_id,
            principal,
            peer: self.peer,
            server_name: self.said.server_name,
            until: None,
        })
    }

    /// Says good-bye as far as the socket takes it at once.
    pub fn farewell(&mut self, answer: &[u8]) {
        match &mut self.tls {
            // Without keys there is nobody to say it to; an alert is in `unsent` already.
            Some(tls) if tls.is_handshaking() => {}
            Some(tls) => {
                if !answer.is_empty() && tls.send(answer, &mut self.unsent).is_err() {
                    tracing::debug!("an answer could not be sealed");
                }
                tls.close(&mut self.unsent);
            }
            None => self.unsent.extend_from_slice(answer),
        }
        self.send();
    }

    /// Who is behind the proxy. What came behind its header goes to the front of the buffer.
    fn take_proxy_header(&mut self, count: usize, desk: &mut Desk) -> Result<usize, Ending> {
        let Some(header) = &mut self.proxy_header else {
            return Ok(count);
        };
        header.extend_from_slice(&desk.buffer[..count]);
        let found = proxy::parse(header).map_err(|bad| Ending::because(bad.to_string()))?;
        let Some(found) = found else { return Ok(0) };
        let behind = &header[found.bytes..];
        let count = behind.len();
        desk.buffer[..count].copy_from_slice(behind);
        self.peer = found.source.unwrap_or(self.peer);
        self.proxy_header = None;
        Ok(count)
    }

    fn take_sealed(
        &mut self,
        count: usize,
        config: Arc<ServerConfig>,
        desk: &mut Desk,
    ) -> Result<(), Ending> {
        if self.tls.is_none() {
            let made = TlsSession::new(config);
            let made = made.map_err(|error| Ending::because(tls_cause(&error)))?;
            self.tls = Some(Box::new(made));
        }
        desk.at_hand.lock().hello = std::mem::take(&mut self.said);
        let read = self.unseal(&mut desk.buffer[..count]);
        self.send();
        let refusal = {
            let mut at_hand = desk.at_hand.lock();
            self.said = std::mem::take(&mut at_hand.hello);
            self.found = at_hand.found.take().or_else(|| self.found.take());
            at_hand.refusal.take()
        };
        match (read, refusal) {
            (Err(_), Some(refusal)) => return Err(Ending::refused(refusal)),
            (Err(error), None) => return Err(Ending::because(tls_cause(&error))),
            (Ok(true), _) => return Err(self.gone("the peer closed before its CONNECT")),
            (Ok(false), _) => {}
        }
        match &self.tls {
            Some(tls) if self.principal.is_none() && !tls.is_handshaking() => {
                let admission = desk.deps.admission.as_ref();
                let (name, certificate) =
                    (self.said.server_name.as_deref(), tls.peer_certificate());
                let asked = self.said.wish == Wish::MqttAuthorizer;
                let passwords = desk.settings.passwords;
                if certificate.is_some() && !asked || desk.deps.authorizers(passwords).is_none() {
                    let found = self.found.take().and_then(|it| it.still(admission));
                    let found = match found {
                        Some(found) => found,
                        None => admit::by_certificate(admission, certificate, name)?,
                    };
                    self.principal = Some(found);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the peer has closed TLS.
    fn unseal(&mut self, fresh: &mut [u8]) -> Result<bool, rustls::Error> {
        let Some(tls) = &mut self.tls else {
            return Ok(false);
        };
        if self.sealed.is_empty() {
            let received = tls.receive(fresh, &mut self.opened, &mut self.unsent)?;
            self.sealed.extend_from_slice(&fresh[received.taken..]);
            return Ok(received.peer_closed);
        }
        self.sealed.extend_from_slice(fresh);
        let received = tls.receive(&mut self.sealed, &mut self.opened, &mut self.unsent)?;
        self.sealed.drain(..received.taken);
        Ok(received.peer_closed)
    }

    fn admit_anonymous(&mut self, hello: &Hello, desk: &Desk) -> Result<(), Ending> {
        if self.principal.is_some() || desk.tls.is_some() {
            return Ok(());
        }
        match desk.deps.admission.anonymous() {
            Ok(admitted) => self.principal = Some(admitted),
            Err(_) if desk.deps.authorizers(false).is_some() => {}
            Err(refusal) => {
                return Err(Ending {
                    client_id: hello.client_id.clone(),
                    answer: not_authorized(hello.version),
                    ..Ending::refused(refusal)
                });
            }
        }
        Ok(())
    }

    /// Writes what waits; what the socket does not take stays for the next writable event.
    fn send(&mut self) {
        while !self.unsent.is_empty() {
            match self.socket.write(&self.unsent) {
                Ok(count) if count > 0 => drop(self.unsent.drain(..count)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A broken socket shows at the next read.
                _ => return,
            }
        }
    }

    fn gone(&self, cause: &str) -> Ending {
        Ending::gone(self.received_bytes > 0, cause)
    }
}
