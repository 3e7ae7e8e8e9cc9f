// SPDX-License-Identifier: Apache-2.0
//! WebSocket framing (RFC 6455), the server's side, sans-I/O: bytes of frames in, the bytes that
//! they carry out, and back. MQTT packets may be cut and joined over frames as they like (MQTT 5,
//! section 6). No extension is spoken: a compressed frame is refused.
//!
//! It owns no buffer: a payload is unmasked where it lies, and a frame of any size passes through.

// By path, so that the fuzzer can take this file in alone.
#[path = "websocket/fault.rs"]
mod fault;
#[path = "websocket/head.rs"]
mod head;

pub use fault::{Fault, code};

use head::{Head, Opcode};

/// Longest payload of a control frame (section 5.5).
const CONTROL_BYTES_MAX: usize = 125;

/// One connection's framing.
#[derive(Debug, Default)]
pub struct WebSocket {
    head: Head,
    /// The frame whose payload is under way.
    frame: Option<Frame>,
    /// A message has begun and its last fragment has not come.
    in_message: bool,
    /// Payload of the control frame under way.
    control: Vec<u8>,
    /// What is to be said beside the data, newest of each kind: more would let a peer that pings
    /// and does not read fill the memory (section 5.5.3 allows it).
    pong: Option<Vec<u8>>,
    close: Option<u16>,
    close_sent: bool,
    peer_closed: bool,
}

#[derive(Debug)]
struct Frame {
    opcode: Opcode,
    left: u64,
    mask: [u8; 4],
    /// Where in the mask its next byte stands.
    phase: usize,
}

impl WebSocket {
    /// Right after the upgrade.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the bytes of frames behind `from`, and leaves in their place what they carry. `true`:
    /// the peer has closed, and what came behind its Close is gone.
    ///
    /// # Errors
    /// The peer broke a rule; a Close with the code is ready to be sent, and nothing more is taken.
    pub fn open(&mut self, bytes: &mut Vec<u8>, from: usize) -> Result<bool, Fault> {
        let (mut read, mut write) = (from, from);
        let mut outcome = Ok(());
        while read < bytes.len() && !self.peer_closed && outcome.is_ok() {
            let Some(frame) = &mut self.frame else {
                outcome = self.take_head(bytes[read]);
                read += 1;
                continue;
            };
            let left = usize::try_from(frame.left).unwrap_or(usize::MAX);
            let end = read + left.min(bytes.len() - read);
            frame.unmask(&mut bytes[read..end]);
            if frame.opcode.is_control() {
                self.control.extend_from_slice(&bytes[read..end]);
            } else {
                bytes.copy_within(read..end, write);
                write += end - read;
            }
            read = end;
            if frame.left == 0 {
                outcome = self.end_frame();
            }
        }
        bytes.truncate(write);
        if let Err(fault) = outcome {
            self.peer_closed = true;
            self.close.get_or_insert(fault.code);
            return Err(fault);
        }
        Ok(self.peer_closed)
    }

    /// Appends what is to be said of itself, and `data` in one frame unless it is empty.
    pub fn seal(&mut self, data: &[u8], out: &mut Vec<u8>) {
        if self.close_sent {
            return;
        }
        if let Some(payload) = self.pong.take() {
            head::write(Opcode::Pong, payload.len(), out);
            out.extend_from_slice(&payload);
        }
        if !data.is_empty() {
            head::write(Opcode::Binary, data.len(), out);
            out.extend_from_slice(data);
        }
        if let Some(code) = self.close.take() {
            self.close_sent = true;
            head::write(Opcode::Close, 2, out);
            out.extend_from_slice(&code.to_be_bytes());
        }
    }

    /// Whether [`WebSocket::seal`] has something to say without data.
    pub fn has_pending(&self) -> bool {
        (self.pong.is_some() || self.close.is_some()) && !self.close_sent
    }

    /// Appends our Close, unless one was sent.
    pub fn close(&mut self, code: u16, out: &mut Vec<u8>) {
        self.close.get_or_insert(code);
        self.seal(&[], out);
    }

    fn take_head(&mut self, byte: u8) -> Result<(), Fault> {
        let Some(found) = self.head.push(byte, self.in_message)? else {
            return Ok(());
        };
        if !found.opcode.is_control() {
            self.in_message = !found.is_last;
        }
        let frame = Frame {
            opcode: found.opcode,
            left: found.payload_bytes,
            mask: found.mask,
            phase: 0,
        };
        self.frame = Some(frame);
        if found.payload_bytes == 0 {
            self.end_frame()?;
        }
        Ok(())
    }

    fn end_frame(&mut self) -> Result<(), Fault> {
        let opcode = self.frame.take().map(|frame| frame.opcode);
        match opcode {
            Some(Opcode::Ping) => self.pong = Some(std::mem::take(&mut self.control)),
            Some(Opcode::Pong) => self.control = Vec::new(),
            Some(Opcode::Close) => {
                let payload = std::mem::take(&mut self.control);
                let answer = fault::close_code(&payload)?;
                self.peer_closed = true;
                self.close.get_or_insert(answer);
            }
            _ => {}
        }
        Ok(())
    }
}

impl Frame {
    fn unmask(&mut self, bytes: &mut [u8]) {
        let mask: [u8; 4] = std::array::from_fn(|at| self.mask[(self.phase + at) & 3]);
        let [a, b, c, d] = mask;
        let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
        let (chunks, rest) = bytes.as_chunks_mut::<8>();
        for chunk in chunks {
            *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
        }
        for (byte, mask) in rest.iter_mut().zip(mask.iter().cycle()) {
            *byte ^= mask;
        }
        self.phase = (self.phase + bytes.len()) & 3;
        self.left -= bytes.len() as u64;
    }
}

#[cfg(test)]
mod tests;
