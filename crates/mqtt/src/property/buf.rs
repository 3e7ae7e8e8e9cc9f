// SPDX-License-Identifier: Apache-2.0
//! Builds a list of properties to encode.

use crate::encode::EncodeError;
use crate::property::{Properties, Property, PropertyId};
use crate::varint;

/// A growing list of properties.
///
/// What may stand in which packet, and how often, is checked by who decodes it, not here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PropertyBuf {
    raw: Vec<u8>,
}

impl PropertyBuf {
    /// An empty list; it allocates nothing.
    pub const fn new() -> Self {
        PropertyBuf { raw: Vec::new() }
    }

    /// Appends a property. Refused: values out of range, strings of more than 65,535 bytes.
    pub fn push(&mut self, property: Property<'_>) -> Result<&mut Self, EncodeError> {
        append(&mut self.raw, property)?;
        Ok(self)
    }

    /// Empties the list and keeps its memory.
    pub fn clear(&mut self) {
        self.raw.clear();
    }

    /// The list, for the encoders.
    pub fn as_properties(&self) -> Properties<'_> {
        Properties { raw: &self.raw }
    }
}

/// Appends a property to raw properties; nothing is appended on an error.
pub(crate) fn append(out: &mut Vec<u8>, property: Property<'_>) -> Result<(), EncodeError> {
    property.check_range().map_err(EncodeError::Value)?;
    let id = property.id();
    let check = |len: usize| match len {
        0..=0xFFFF => Ok(()),
        bytes => Err(EncodeError::TooLong {
            field: id.name(),
            bytes,
        }),
    };
    match property {
        Property::PayloadFormatIndicator(flag)
        | Property::RequestProblemInformation(flag)
        | Property::RequestResponseInformation(flag)
        | Property::RetainAvailable(flag)
        | Property::WildcardSubscriptionAvailable(flag)
        | Property::SubscriptionIdentifierAvailable(flag)
        | Property::SharedSubscriptionAvailable(flag) => byte(out, id, u8::from(flag)),
        Property::MaximumQos(qos) => byte(out, id, qos as u8),
        Property::ServerKeepAlive(number)
        | Property::ReceiveMaximum(number)
        | Property::TopicAliasMaximum(number)
        | Property::TopicAlias(number) => two_bytes(out, id, number),
        Property::MessageExpiryInterval(number)
        | Property::SessionExpiryInterval(number)
        | Property::WillDelayInterval(number)
        | Property::MaximumPacketSize(number) => four_bytes(out, id, number),
        Property::SubscriptionIdentifier(number) => {
            out.push(id as u8);
            varint::write(out, number);
        }
        Property::ContentType(text)
        | Property::ResponseTopic(text)
        | Property::AssignedClientIdentifier(text)
        | Property::AuthenticationMethod(text)
        | Property::ResponseInformation(text)
        | Property::ServerReference(text)
        | Property::ReasonString(text) => {
            check(text.len())?;
            out.push(id as u8);
            prefixed(out, text.as_bytes());
        }
        Property::CorrelationData(bytes) | Property::AuthenticationData(bytes) => {
            check(bytes.len())?;
            out.push(id as u8);
            prefixed(out, bytes);
        }
        Property::UserProperty(key, value) => {
            check(key.len())?;
            check(value.len())?;
            out.push(id as u8);
            prefixed(out, key.as_bytes());
            prefixed(out, value.as_bytes());
        }
    }
    Ok(())
}

fn byte(out: &mut Vec<u8>, id: PropertyId, value: u8) {
    out.extend_from_slice(&[id as u8, value]);
}

pub(crate) fn two_bytes(out: &mut Vec<u8>, id: PropertyId, value: u16) {
    out.push(id as u8);
    out.extend_from_slice(&value.to_be_bytes());
}

pub(crate) fn four_bytes(out: &mut Vec<u8>, id: PropertyId, value: u32) {
    out.push(id as u8);
    out.extend_from_slice(&value.to_be_bytes());
}

/// The length was checked by the caller.
fn prefixed(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
    out.extend_from_slice(bytes);
}
