// SPDX-License-Identifier: Apache-2.0
//! Steps over raw properties without looking into their values.

use crate::error::{DecodeError, DecodeErrorKind};
use crate::packet_type::PacketType;
use crate::property::id::{Kind, PropertyId};
use crate::read::Reader;

/// One property with its undecoded value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raw<'a> {
    pub(crate) id: PropertyId,
    /// The value as encoded; strings and binary data without their length.
    pub(crate) value: &'a [u8],
    /// The second string of a pair, without its length.
    pub(crate) second: &'a [u8],
}

/// Reads the next property; numbers are left as their bytes.
#[inline]
pub(crate) fn next<'a>(reader: &mut Reader<'a>) -> Result<Raw<'a>, DecodeError> {
    let number = reader.varint("a property identifier")?;
    let Some(id) = PropertyId::from_number(number) else {
        return Err(reader.error(DecodeErrorKind::PropertyUnknown { id: number }));
    };
    let mut second: &[u8] = &[];
    let value = match id.kind() {
        Kind::Byte => reader.bytes(1, id.name())?,
        Kind::TwoBytes => reader.bytes(2, id.name())?,
        Kind::FourBytes => reader.bytes(4, id.name())?,
        Kind::Varint => {
            let start = *reader;
            let len = crate::varint::len(reader.varint(id.name())?);
            start.clone().bytes(len, id.name())?
        }
        Kind::Prefixed => reader.prefixed(id.name())?,
        Kind::Pair => {
            let key = reader.prefixed(id.name())?;
            second = reader.prefixed(id.name())?;
            key
        }
    };
    Ok(Raw { id, value, second })
}

/// The properties of checked bytes; over other bytes it ends at the first error.
#[derive(Clone)]
pub(crate) struct Walk<'a> {
    reader: Reader<'a>,
}

impl<'a> Walk<'a> {
    #[inline]
    pub(crate) fn new(raw: &'a [u8]) -> Self {
        // The packet type only names errors, and those are dropped here.
        Walk {
            reader: Reader::new(PacketType::Publish, raw),
        }
    }

    /// The bytes from here on, for copying whole properties.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.reader.clone().remainder()
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Raw<'a>;

    #[inline]
    fn next(&mut self) -> Option<Raw<'a>> {
        if self.reader.is_empty() {
            return None;
        }
        let raw = next(&mut self.reader).ok();
        if raw.is_none() {
            self.reader.remainder();
        }
        raw
    }
}
