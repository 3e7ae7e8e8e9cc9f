// SPDX-License-Identifier: Apache-2.0
//! UNSUBSCRIBE (MQTT 5, section 3.10): checked when decoded, then read filter by filter.

use crate::error::{DecodeError, DecodeErrorKind};
use crate::packet::open_as;
use crate::packet_type::PacketType;
use crate::property::{self, Place, Properties};
use crate::read::Reader;
use crate::version::Version;

/// A client's wish to end subscriptions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Unsubscribe<'a> {
    /// Never 0.
    pub packet_id: u16,
    /// Always empty in MQTT 3.1.1.
    pub properties: Properties<'a>,
    filters: &'a [u8],
}

impl<'a> Unsubscribe<'a> {
    /// Each filter, in their order; at least one. They are checked like those of
    /// [`Subscribe::filters`](crate::Subscribe::filters).
    pub fn filters(&self) -> UnsubscribeFilters<'a> {
        UnsubscribeFilters {
            reader: Reader::new(PacketType::Unsubscribe, self.filters),
        }
    }
}

impl std::fmt::Debug for Unsubscribe<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unsubscribe")
            .field("packet_id", &self.packet_id)
            .field("properties", &self.properties)
            .field("filters", &self.filters().collect::<Vec<_>>())
            .finish()
    }
}

/// The filters of an UNSUBSCRIBE.
#[derive(Clone)]
pub struct UnsubscribeFilters<'a> {
    reader: Reader<'a>,
}

impl<'a> Iterator for UnsubscribeFilters<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.reader.is_empty() {
            return None;
        }
        read_filter(&mut self.reader).ok()
    }
}

/// Decodes a whole UNSUBSCRIBE.
pub fn decode(version: Version, packet: &[u8]) -> Result<Unsubscribe<'_>, DecodeError> {
    let (_, body) = open_as(PacketType::Unsubscribe, version, packet)?;
    read(version, body)
}

pub(crate) fn read(version: Version, body: &[u8]) -> Result<Unsubscribe<'_>, DecodeError> {
    let mut reader = Reader::new(PacketType::Unsubscribe, body);
    let packet_id = reader.packet_id()?;
    let properties = match version {
        Version::V31 | Version::V311 => Properties::EMPTY,
        Version::V5 => property::read_section(&mut reader, Place::Packet(PacketType::Unsubscribe))?,
    };
    if reader.is_empty() {
        return Err(reader.error(DecodeErrorKind::NoFilter));
    }
    let filters = reader.clone().remainder();
    while !reader.is_empty() {
        read_filter(&mut reader)?;
    }
    Ok(Unsubscribe {
        packet_id,
        properties,
        filters,
    })
}

fn read_filter<'a>(reader: &mut Reader<'a>) -> Result<&'a str, DecodeError> {
    const FILTER: &str = "a topic filter";
    match reader.name(FILTER)? {
        "" => Err(reader.error(DecodeErrorKind::Empty { field: FILTER })),
        filter => Ok(filter),
    }
}
