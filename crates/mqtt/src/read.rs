// SPDX-License-Identifier: Apache-2.0
//! A cursor over the body of a packet; every failure names the field it happened in.

use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::packet_type::PacketType;
use crate::text;
use crate::varint::{self, Varint};

#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    pub(crate) packet: PacketType,
}

impl<'a> Reader<'a> {
    #[inline]
    pub(crate) fn new(packet: PacketType, body: &'a [u8]) -> Self {
        Reader { rest: body, packet }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    #[cold]
    pub(crate) fn error(&self, kind: Kind) -> DecodeError {
        kind.in_packet(self.packet)
    }

    #[inline]
    pub(crate) fn bytes(
        &mut self,
        count: usize,
        field: &'static str,
    ) -> Result<&'a [u8], DecodeError> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.error(Kind::Truncated { field }));
        };
        self.rest = rest;
        Ok(taken)
    }

    /// Everything that is left.
    #[inline]
    pub(crate) fn remainder(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    #[inline]
    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        Ok(self.bytes(1, field)?[0])
    }

    #[inline]
    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        let bytes = self.bytes(2, field)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    /// A variable byte integer in as few bytes as it needs [MQTT-1.5.5-1].
    #[inline]
    pub(crate) fn varint(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        match varint::read(self.rest) {
            Varint::Whole(value, len) if len == varint::len(value) => {
                self.rest = &self.rest[len..];
                Ok(value)
            }
            Varint::Whole(..) => Err(self.error(Kind::VarintNotMinimal { field })),
            Varint::Incomplete => Err(self.error(Kind::Truncated { field })),
            Varint::TooLong => Err(self.error(Kind::VarintTooLong { field })),
        }
    }

    /// Two bytes of length and as many bytes.
    #[inline]
    pub(crate) fn prefixed(&mut self, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let len = self.u16(field)?;
        self.bytes(usize::from(len), field)
    }

    /// Text without control characters.
    #[inline]
    pub(crate) fn name(&mut self, field: &'static str) -> Result<&'a str, DecodeError> {
        let bytes = self.prefixed(field)?;
        text::name(bytes, field).map_err(|kind| self.error(kind))
    }

    /// A topic name; it may be empty.
    #[inline]
    pub(crate) fn topic(&mut self, field: &'static str) -> Result<&'a str, DecodeError> {
        let bytes = self.prefixed(field)?;
        text::topic(bytes, field).map_err(|kind| self.error(kind))
    }

    /// A packet identifier, which is never 0 [MQTT-2.2.1-3].
    #[inline]
    pub(crate) fn packet_id(&mut self) -> Result<u16, DecodeError> {
        match self.u16("the packet identifier")? {
            0 => Err(self.error(Kind::PacketIdZero)),
            id => Ok(id),
        }
    }

    /// Ends the packet: nothing may be left.
    #[inline]
    pub(crate) fn end(self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            count => Err(self.error(Kind::TrailingBytes { count })),
        }
    }
}
