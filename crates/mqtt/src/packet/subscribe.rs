// SPDX-License-Identifier: Apache-2.0
//! SUBSCRIBE (MQTT 5, section 3.8): checked when decoded, then read filter by filter.

use crate::error::{DecodeError, DecodeErrorKind};
use crate::packet::open_as;
use crate::packet_type::PacketType;
use crate::property::{self, Place, Properties};
use crate::read::Reader;
use crate::version::Version;

mod options;

pub use options::{RetainHandling, SubscribeOptions};

/// A client's wish to receive what matches its filters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Subscribe<'a> {
    /// Never 0.
    pub packet_id: u16,
    /// Always empty in MQTT 3.1.1.
    pub properties: Properties<'a>,
    filters: &'a [u8],
}

impl<'a> Subscribe<'a> {
    /// Each filter with its options, in their order; at least one. Filters are not empty and have
    /// no control characters; whether their wildcards and levels are right is the caller's check.
    pub fn filters(&self) -> Filters<'a> {
        Filters {
            reader: Reader::new(PacketType::Subscribe, self.filters),
        }
    }
}

impl std::fmt::Debug for Subscribe<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscribe")
            .field("packet_id", &self.packet_id)
            .field("properties", &self.properties)
            .field("filters", &self.filters().collect::<Vec<_>>())
            .finish()
    }
}

/// The filters of a SUBSCRIBE.
#[derive(Clone)]
pub struct Filters<'a> {
    reader: Reader<'a>,
}

impl<'a> Iterator for Filters<'a> {
    type Item = (&'a str, SubscribeOptions);

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        // They were checked by `read`, under options at least as strict as those of MQTT 5.
        read_filter(&mut self.reader, Version::V5).ok()
    }
}

/// Decodes a whole SUBSCRIBE.
pub fn decode(version: Version, packet: &[u8]) -> Result<Subscribe<'_>, DecodeError> {
    let (_, body) = open_as(PacketType::Subscribe, version, packet)?;
    read(version, body)
}

pub(crate) fn read(version: Version, body: &[u8]) -> Result<Subscribe<'_>, DecodeError> {
    let mut reader = Reader::new(PacketType::Subscribe, body);
    let packet_id = reader.packet_id()?;
    let properties = match version {
        Version::V31 | Version::V311 => Properties::EMPTY,
        Version::V5 => property::read_section(&mut reader, Place::Packet(PacketType::Subscribe))?,
    };
    if reader.is_empty() {
        return Err(reader.error(DecodeErrorKind::NoFilter));
    }
    let filters = reader.clone().remainder();
    while !reader.is_empty() {
        read_filter(&mut reader, version)?;
    }
    Ok(Subscribe {
        packet_id,
        properties,
        filters,
    })
}

fn read_filter<'a>(
    reader: &mut Reader<'a>,
    version: Version,
) -> Result<(&'a str, SubscribeOptions), DecodeError> {
    const FILTER: &str = "a topic filter";
    let filter = reader.name(FILTER)?;
    if filter.is_empty() {
        return Err(reader.error(DecodeErrorKind::Empty { field: FILTER }));
    }
    let byte = reader.u8("the subscription options")?;
    let Some(options) = SubscribeOptions::from_byte(version, byte) else {
        return Err(reader.error(DecodeErrorKind::SubscriptionOptions { options: byte }));
    };
    if options.no_local && filter.starts_with("$share/") {
        return Err(reader.error(DecodeErrorKind::SharedNoLocal));
    }
    Ok((filter, options))
}
