// SPDX-License-Identifier: Apache-2.0
//! The head of a frame (RFC 6455, section 5.2): read byte by byte, so that it may be cut anywhere,
//! and refused at the first byte that is wrong.

use super::CONTROL_BYTES_MAX;
use super::fault::{Fault, code};

/// Two bytes, a length of eight, a mask of four.
const HEAD_BYTES_MAX: usize = 14;

/// Longest payload that one frame may announce: the longest packet of MQTT. What passes through is
/// bounded by the packets in it; this one only says that nothing sensible is longer.
const PAYLOAD_BYTES_MAX: u64 = 268_435_460;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation = 0,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

impl Opcode {
    pub fn is_control(self) -> bool {
        self as u8 >= 8
    }
}

/// A whole head.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub opcode: Opcode,
    pub is_last: bool,
    pub payload_bytes: u64,
    pub mask: [u8; 4],
}

/// A head under way.
#[derive(Debug, Default)]
pub(super) struct Head {
    bytes: [u8; HEAD_BYTES_MAX],
    len: usize,
}

impl Head {
    /// Takes one byte; `Some` once the head is whole.
    pub fn push(&mut self, byte: u8, in_message: bool) -> Result<Option<Found>, Fault> {
        self.bytes[self.len] = byte;
        self.len += 1;
        let first = self.bytes[0];
        let opcode = opcode(first, in_message)?;
        if self.len == 1 {
            return Ok(None);
        }
        let second = self.bytes[1];
        if second & 0x80 == 0 {
            return Err(Fault::protocol("a client's frame is not masked"));
        }
        let short = second & 0x7f;
        let is_last = first & 0x80 != 0;
        if opcode.is_control() && (usize::from(short) > CONTROL_BYTES_MAX || !is_last) {
            return Err(Fault::protocol("a control frame is cut or too long"));
        }
        let length_bytes = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if self.len < 2 + length_bytes {
            return Ok(None);
        }
        let payload_bytes = match length_bytes {
            0 => u64::from(short),
            bytes => length(&self.bytes[2..2 + bytes])?,
        };
        if self.len < 2 + length_bytes + 4 {
            return Ok(None);
        }
        let mut mask = [0; 4];
        mask.copy_from_slice(&self.bytes[2 + length_bytes..self.len]);
        self.len = 0;
        Ok(Some(Found {
            opcode,
            is_last,
            payload_bytes,
            mask,
        }))
    }
}

fn opcode(first: u8, in_message: bool) -> Result<Opcode, Fault> {
    if first & 0x70 != 0 {
        return Err(Fault::protocol("a reserved bit; no extension was agreed"));
    }
    let opcode = match first & 0x0f {
        0 => Opcode::Continuation,
        1 => {
            return Err(Fault {
                code: code::UNACCEPTABLE_DATA,
                cause: "a text frame; MQTT is binary",
            });
        }
        2 => Opcode::Binary,
        8 => Opcode::Close,
        9 => Opcode::Ping,
        10 => Opcode::Pong,
        _ => return Err(Fault::protocol("an opcode that is not defined")),
    };
    match opcode {
        Opcode::Continuation if !in_message => Err(Fault::protocol("a continuation of no message")),
        Opcode::Binary if in_message => Err(Fault::protocol("a message inside another")),
        opcode => Ok(opcode),
    }
}

fn length(bytes: &[u8]) -> Result<u64, Fault> {
    let length = bytes
        .iter()
        .fold(0, |length: u64, byte| length << 8 | u64::from(*byte));
    let least = if bytes.len() == 2 { 126 } else { 65_536 };
    if length < least {
        return Err(Fault::protocol("a length in more bytes than it needs"));
    }
    if length > PAYLOAD_BYTES_MAX {
        return Err(Fault {
            code: code::TOO_BIG,
            cause: "a frame longer than any packet of MQTT",
        });
    }
    Ok(length)
}

/// Appends the head of an unmasked, whole message.
pub(super) fn write(opcode: Opcode, payload_bytes: usize, out: &mut Vec<u8>) {
    out.push(0x80 | opcode as u8);
    match (u8::try_from(payload_bytes), u16::try_from(payload_bytes)) {
        (Ok(short), _) if short < 126 => out.push(short),
        (_, Ok(medium)) => {
            out.push(126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(payload_bytes as u64).to_be_bytes());
        }
    }
}
