// SPDX-License-Identifier: Apache-2.0
//! A property with its value, and the ranges that values must keep.

use crate::error::DecodeErrorKind;
use crate::property::id::PropertyId;
use crate::property::walk::Raw;
use crate::text;
use crate::varint::{self, Varint};
use crate::version::Qos;

/// A property with its value (MQTT 5, section 2.2.2.2). Intervals are seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // The names are the standard's own.
pub enum Property<'a> {
    /// Whether the payload is UTF-8 text.
    PayloadFormatIndicator(bool),
    MessageExpiryInterval(u32),
    ContentType(&'a str),
    ResponseTopic(&'a str),
    CorrelationData(&'a [u8]),
    SubscriptionIdentifier(u32),
    SessionExpiryInterval(u32),
    AssignedClientIdentifier(&'a str),
    ServerKeepAlive(u16),
    AuthenticationMethod(&'a str),
    AuthenticationData(&'a [u8]),
    RequestProblemInformation(bool),
    WillDelayInterval(u32),
    RequestResponseInformation(bool),
    ResponseInformation(&'a str),
    ServerReference(&'a str),
    ReasonString(&'a str),
    ReceiveMaximum(u16),
    TopicAliasMaximum(u16),
    TopicAlias(u16),
    MaximumQos(Qos),
    RetainAvailable(bool),
    UserProperty(&'a str, &'a str),
    /// Bytes.
    MaximumPacketSize(u32),
    WildcardSubscriptionAvailable(bool),
    SubscriptionIdentifierAvailable(bool),
    SharedSubscriptionAvailable(bool),
}

impl<'a> Property<'a> {
    /// Which property it is.
    pub const fn id(&self) -> PropertyId {
        match self {
            Property::PayloadFormatIndicator(_) => PropertyId::PayloadFormatIndicator,
            Property::MessageExpiryInterval(_) => PropertyId::MessageExpiryInterval,
            Property::ContentType(_) => PropertyId::ContentType,
            Property::ResponseTopic(_) => PropertyId::ResponseTopic,
            Property::CorrelationData(_) => PropertyId::CorrelationData,
            Property::SubscriptionIdentifier(_) => PropertyId::SubscriptionIdentifier,
            Property::SessionExpiryInterval(_) => PropertyId::SessionExpiryInterval,
            Property::AssignedClientIdentifier(_) => PropertyId::AssignedClientIdentifier,
            Property::ServerKeepAlive(_) => PropertyId::ServerKeepAlive,
            Property::AuthenticationMethod(_) => PropertyId::AuthenticationMethod,
            Property::AuthenticationData(_) => PropertyId::AuthenticationData,
            Property::RequestProblemInformation(_) => PropertyId::RequestProblemInformation,
            Property::WillDelayInterval(_) => PropertyId::WillDelayInterval,
            Property::RequestResponseInformation(_) => PropertyId::RequestResponseInformation,
            Property::ResponseInformation(_) => PropertyId::ResponseInformation,
            Property::ServerReference(_) => PropertyId::ServerReference,
            Property::ReasonString(_) => PropertyId::ReasonString,
            Property::ReceiveMaximum(_) => PropertyId::ReceiveMaximum,
            Property::TopicAliasMaximum(_) => PropertyId::TopicAliasMaximum,
            Property::TopicAlias(_) => PropertyId::TopicAlias,
            Property::MaximumQos(_) => PropertyId::MaximumQos,
            Property::RetainAvailable(_) => PropertyId::RetainAvailable,
            Property::UserProperty(..) => PropertyId::UserProperty,
            Property::MaximumPacketSize(_) => PropertyId::MaximumPacketSize,
            Property::WildcardSubscriptionAvailable(_) => PropertyId::WildcardSubscriptionAvailable,
            Property::SubscriptionIdentifierAvailable(_) => {
                PropertyId::SubscriptionIdentifierAvailable
            }
            Property::SharedSubscriptionAvailable(_) => PropertyId::SharedSubscriptionAvailable,
        }
    }

    /// Decodes the value and checks its range.
    pub(crate) fn from_raw(raw: Raw<'a>) -> Result<Self, DecodeErrorKind> {
        use PropertyId as P;
        let name = raw.id.name();
        let property = match raw.id {
            P::PayloadFormatIndicator => Property::PayloadFormatIndicator(flag(raw)?),
            P::MessageExpiryInterval => Property::MessageExpiryInterval(number(raw)),
            P::ContentType => Property::ContentType(text::plain(raw.value, name)?),
            P::ResponseTopic => Property::ResponseTopic(response_topic(raw)?),
            P::CorrelationData => Property::CorrelationData(raw.value),
            P::SubscriptionIdentifier => Property::SubscriptionIdentifier(number(raw)),
            P::SessionExpiryInterval => Property::SessionExpiryInterval(number(raw)),
            P::AssignedClientIdentifier => {
                Property::AssignedClientIdentifier(text::plain(raw.value, name)?)
            }
            P::ServerKeepAlive => Property::ServerKeepAlive(number(raw) as u16),
            P::AuthenticationMethod => {
                Property::AuthenticationMethod(text::plain(raw.value, name)?)
            }
            P::AuthenticationData => Property::AuthenticationData(raw.value),
            P::RequestProblemInformation => Property::RequestProblemInformation(flag(raw)?),
            P::WillDelayInterval => Property::WillDelayInterval(number(raw)),
            P::RequestResponseInformation => Property::RequestResponseInformation(flag(raw)?),
            P::ResponseInformation => Property::ResponseInformation(text::plain(raw.value, name)?),
            P::ServerReference => Property::ServerReference(text::plain(raw.value, name)?),
            P::ReasonString => Property::ReasonString(text::plain(raw.value, name)?),
            P::ReceiveMaximum => Property::ReceiveMaximum(number(raw) as u16),
            P::TopicAliasMaximum => Property::TopicAliasMaximum(number(raw) as u16),
            P::TopicAlias => Property::TopicAlias(number(raw) as u16),
            P::MaximumQos => {
                let qos = if flag(raw)? {
                    Qos::AtLeastOnce
                } else {
                    Qos::AtMostOnce
                };
                Property::MaximumQos(qos)
            }
            P::RetainAvailable => Property::RetainAvailable(flag(raw)?),
            P::UserProperty => Property::UserProperty(
                text::plain(raw.value, name)?,
                text::plain(raw.second, name)?,
            ),
            P::MaximumPacketSize => Property::MaximumPacketSize(number(raw)),
            P::WildcardSubscriptionAvailable => Property::WildcardSubscriptionAvailable(flag(raw)?),
            P::SubscriptionIdentifierAvailable => {
                Property::SubscriptionIdentifierAvailable(flag(raw)?)
            }
            P::SharedSubscriptionAvailable => Property::SharedSubscriptionAvailable(flag(raw)?),
        };
        property.check_range()?;
        Ok(property)
    }

    /// The ranges that the encoding does not keep by itself.
    pub(crate) fn check_range(&self) -> Result<(), DecodeErrorKind> {
        let why = match self {
            Property::TopicAlias(0) => return Err(DecodeErrorKind::TopicAliasZero),
            Property::ReceiveMaximum(0)
            | Property::MaximumPacketSize(0)
            | Property::SubscriptionIdentifier(0) => "must not be 0",
            Property::SubscriptionIdentifier(id) if *id > varint::VALUE_MAX => {
                "must not exceed 268435455"
            }
            Property::MaximumQos(Qos::ExactlyOnce) => "must be 0 or 1; leave it out for 2",
            Property::ResponseTopic("") => "must not be empty",
            Property::ResponseTopic(topic) if topic.contains(['+', '#']) => {
                "must not contain wildcards"
            }
            _ => return Ok(()),
        };
        Err(DecodeErrorKind::PropertyValue {
            property: self.id(),
            why,
        })
    }
}

/// A number of one to four bytes: a variable byte integer for subscription identifiers.
#[inline]
pub(crate) fn number(raw: Raw<'_>) -> u32 {
    if raw.id == PropertyId::SubscriptionIdentifier {
        return match varint::read(raw.value) {
            Varint::Whole(value, _) => value,
            Varint::Incomplete | Varint::TooLong => 0,
        };
    }
    raw.value
        .iter()
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn flag(raw: Raw<'_>) -> Result<bool, DecodeErrorKind> {
    match raw.value {
        [0] => Ok(false),
        [1] => Ok(true),
        _ => Err(DecodeErrorKind::PropertyValue {
            property: raw.id,
            why: "must be 0 or 1",
        }),
    }
}

fn response_topic(raw: Raw<'_>) -> Result<&str, DecodeErrorKind> {
    text::name(raw.value, raw.id.name())
}
