// SPDX-License-Identifier: Apache-2.0
//! Checks a list of properties once, without allocation, when its packet is decoded.

use crate::error::{DecodeError, DecodeErrorKind};
use crate::property::{Place, Properties, Property, PropertyId, walk};
use crate::read::Reader;

/// Reads the length of the properties and the properties themselves, and checks them.
#[inline]
pub(crate) fn read_section<'a>(
    reader: &mut Reader<'a>,
    place: Place,
) -> Result<Properties<'a>, DecodeError> {
    let len = reader.varint("the property length")?;
    if len == 0 {
        return Ok(Properties::EMPTY);
    }
    Properties::check(place, reader.bytes(len as usize, "the properties")?)
}

impl<'a> Properties<'a> {
    /// Checks raw bytes (without the length before them) as the properties of a packet: known,
    /// allowed there, in range, none repeated that must not be.
    pub fn check(place: Place, raw: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(place.packet(), raw);
        let mut seen = 0_u64;
        while !reader.is_empty() {
            let property = walk::next(&mut reader)?;
            check_one(property, place, &mut seen).map_err(|kind| reader.error(kind))?;
        }
        let (method, data) = (
            PropertyId::AuthenticationMethod,
            PropertyId::AuthenticationData,
        );
        if seen & bit(data) != 0 && seen & bit(method) == 0 {
            return Err(reader.error(DecodeErrorKind::AuthenticationDataAlone));
        }
        Ok(Properties { raw })
    }
}

fn check_one(raw: walk::Raw<'_>, place: Place, seen: &mut u64) -> Result<(), DecodeErrorKind> {
    let property = raw.id;
    if !property.allowed_in(place) {
        return Err(DecodeErrorKind::PropertyNotAllowed { property });
    }
    if *seen & bit(property) != 0 && !property.repeats_in(place) {
        return Err(DecodeErrorKind::PropertyRepeated { property });
    }
    *seen |= bit(property);
    Property::from_raw(raw).map(|_| ())
}

/// All property numbers are below 64.
const fn bit(property: PropertyId) -> u64 {
    1 << property as u8
}
