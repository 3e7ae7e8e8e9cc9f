// SPDX-License-Identifier: Apache-2.0
//! What lies between the socket and MQTT: TLS, WebSocket frames, or frames inside TLS. A plain
//! connection has none of it.

use crate::tls::TlsSession;
use crate::websocket::{WebSocket, code};

use super::{Broken, drop_front};

/// The layers of one connection.
pub(super) struct Wrapping {
    pub tls: Option<TlsSession>,
    pub websocket: Option<WebSocket>,
    /// Head of a record whose rest has not come; at most one record.
    pub rest: Vec<u8>,
    /// Wrapped bytes that the socket has not taken.
    pub unsent: Vec<u8>,
    pub sent: usize,
}

impl Wrapping {
    /// What clients call it.
    pub fn door(&self) -> &'static str {
        match (&self.websocket, &self.tls) {
            (Some(_), Some(_)) => "wss",
            (Some(_), None) => "ws",
            (None, _) => "mqtts",
        }
    }

    /// Opens the records in `bytes` and the frames in those, and appends to `plain` what they
    /// carry. Says how many bytes are done with, and whether the peer has closed.
    ///
    /// # Errors
    /// What the peer is told about it stands in `unsent`.
    pub fn open(&mut self, bytes: &mut [u8], plain: &mut Vec<u8>) -> Result<(usize, bool), Broken> {
        let from = plain.len();
        let (taken, closed) = match &mut self.tls {
            Some(tls) => {
                let received = tls.receive(bytes, plain, &mut self.unsent);
                let received = received.map_err(|error| Broken::Error(format!("TLS: {error}")))?;
                (received.taken, received.peer_closed)
            }
            None => {
                plain.extend_from_slice(bytes);
                (bytes.len(), false)
            }
        };
        let closed = self.open_frames(plain, from)? || closed;
        Ok((taken, closed))
    }

    /// The same with the bytes in `rest`.
    pub fn open_rest(&mut self, plain: &mut Vec<u8>) -> Result<bool, Broken> {
        let mut rest = std::mem::take(&mut self.rest);
        let opened = self.open(&mut rest, plain);
        if let Ok((taken, _)) = opened {
            drop_front(&mut rest, taken);
            self.rest = rest;
        }
        opened.map(|(_, closed)| closed)
    }

    fn open_frames(&mut self, plain: &mut Vec<u8>, from: usize) -> Result<bool, Broken> {
        let Some(websocket) = &mut self.websocket else {
            return Ok(false);
        };
        match websocket.open(plain, from) {
            Ok(false) => Ok(false),
            Ok(true) => {
                self.say()?;
                Ok(true)
            }
            Err(fault) => {
                self.say()?;
                Err(Broken::Error(fault.to_string()))
            }
        }
    }

    /// Wraps `plain` and appends it to `unsent`; `scratch` is empty before and after.
    pub fn seal(&mut self, plain: &[u8], scratch: &mut Vec<u8>) -> Result<(), Broken> {
        match (&mut self.tls, &mut self.websocket) {
            (Some(tls), Some(websocket)) => {
                websocket.seal(plain, scratch);
                let sealed = encrypt(tls, scratch, &mut self.unsent);
                scratch.clear();
                sealed
            }
            (Some(tls), None) => encrypt(tls, plain, &mut self.unsent),
            (None, Some(websocket)) => {
                websocket.seal(plain, &mut self.unsent);
                Ok(())
            }
            (None, None) => {
                self.unsent.extend_from_slice(plain);
                Ok(())
            }
        }
    }

    /// Whether a layer has something to say of itself.
    pub fn has_pending(&self) -> bool {
        self.websocket.as_ref().is_some_and(WebSocket::has_pending)
    }

    /// Appends the last word of each layer.
    pub fn close(&mut self) -> Result<(), Broken> {
        if let Some(websocket) = &mut self.websocket {
            let mut farewell = Vec::new();
            websocket.close(code::NORMAL, &mut farewell);
            match &mut self.tls {
                Some(tls) => encrypt(tls, &farewell, &mut self.unsent)?,
                None => self.unsent.append(&mut farewell),
            }
        }
        if let Some(tls) = &mut self.tls {
            tls.close(&mut self.unsent);
        }
        Ok(())
    }

    fn say(&mut self) -> Result<(), Broken> {
        if self.has_pending() {
            self.seal(&[], &mut Vec::new())?;
        }
        Ok(())
    }
}

fn encrypt(tls: &mut TlsSession, plain: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
    if plain.is_empty() {
        return Ok(());
    }
    tls.send(plain, out)
        .map_err(|error| Broken::Error(format!("TLS: {error}")))
}
