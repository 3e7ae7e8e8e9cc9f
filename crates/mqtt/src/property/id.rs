// SPDX-License-Identifier: Apache-2.0
//! The table of properties: number, name, kind of value, and the packets they are allowed in.

use std::fmt;

use crate::packet_type::PacketType;

/// How a value is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Byte,
    TwoBytes,
    FourBytes,
    Varint,
    /// A UTF-8 string, or binary data: two bytes of length first.
    Prefixed,
    /// Two UTF-8 strings.
    Pair,
}

/// Where properties can stand: in a packet, or in the will of a CONNECT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The properties of a packet of that type.
    Packet(PacketType),
    /// The will properties in the payload of CONNECT.
    Will,
}

impl Place {
    /// The packet it belongs to.
    pub const fn packet(self) -> PacketType {
        match self {
            Place::Packet(packet) => packet,
            Place::Will => PacketType::Connect,
        }
    }

    const fn bit(self) -> u16 {
        match self {
            Place::Packet(packet) => 1 << packet as u16,
            Place::Will => WILL,
        }
    }
}

const WILL: u16 = 1;
const CONNECT: u16 = 1 << PacketType::Connect as u16;
const CONNACK: u16 = 1 << PacketType::ConnAck as u16;
const PUBLISH: u16 = 1 << PacketType::Publish as u16;
const PUB_ANSWERS: u16 = 1 << PacketType::PubAck as u16
    | 1 << PacketType::PubRec as u16
    | 1 << PacketType::PubRel as u16
    | 1 << PacketType::PubComp as u16;
const SUBSCRIBE: u16 = 1 << PacketType::Subscribe as u16;
const SUB_ANSWERS: u16 = 1 << PacketType::SubAck as u16 | 1 << PacketType::UnsubAck as u16;
const UNSUBSCRIBE: u16 = 1 << PacketType::Unsubscribe as u16;
const DISCONNECT: u16 = 1 << PacketType::Disconnect as u16;
const AUTH: u16 = 1 << PacketType::Auth as u16;
const ANYWHERE: u16 = WILL
    | CONNECT
    | CONNACK
    | PUBLISH
    | PUB_ANSWERS
    | SUBSCRIBE
    | SUB_ANSWERS
    | UNSUBSCRIBE
    | DISCONNECT
    | AUTH;

/// Writes the enum and its table once, so that neither can miss a line of the other.
macro_rules! table {
    ($($name:ident = $number:literal, $words:literal, $kind:ident, $places:expr;)*) => {
        /// A property of MQTT 5 (section 2.2.2.2).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[allow(missing_docs)] // The names are the standard's own.
        pub enum PropertyId {
            $($name = $number,)*
        }

        impl PropertyId {
            /// Every property, in the order of its number.
            pub const ALL: &'static [PropertyId] = &[$(PropertyId::$name,)*];

            /// The property with that number.
            #[inline]
            pub const fn from_number(number: u32) -> Option<PropertyId> {
                match number {
                    $($number => Some(PropertyId::$name),)*
                    _ => None,
                }
            }

            /// The name as the standard writes it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(PropertyId::$name => $words,)*
                }
            }

            #[inline]
            pub(crate) const fn kind(self) -> Kind {
                match self {
                    $(PropertyId::$name => Kind::$kind,)*
                }
            }

            const fn places(self) -> u16 {
                match self {
                    $(PropertyId::$name => $places,)*
                }
            }
        }
    };
}

table! {
    PayloadFormatIndicator = 0x01, "Payload Format Indicator", Byte, PUBLISH | WILL;
    MessageExpiryInterval = 0x02, "Message Expiry Interval", FourBytes, PUBLISH | WILL;
    ContentType = 0x03, "Content Type", Prefixed, PUBLISH | WILL;
    ResponseTopic = 0x08, "Response Topic", Prefixed, PUBLISH | WILL;
    CorrelationData = 0x09, "Correlation Data", Prefixed, PUBLISH | WILL;
    SubscriptionIdentifier = 0x0B, "Subscription Identifier", Varint, PUBLISH | SUBSCRIBE;
    SessionExpiryInterval = 0x11, "Session Expiry Interval", FourBytes, CONNECT | CONNACK | DISCONNECT;
    AssignedClientIdentifier = 0x12, "Assigned Client Identifier", Prefixed, CONNACK;
    ServerKeepAlive = 0x13, "Server Keep Alive", TwoBytes, CONNACK;
    AuthenticationMethod = 0x15, "Authentication Method", Prefixed, CONNECT | CONNACK | AUTH;
    AuthenticationData = 0x16, "Authentication Data", Prefixed, CONNECT | CONNACK | AUTH;
    RequestProblemInformation = 0x17, "Request Problem Information", Byte, CONNECT;
    WillDelayInterval = 0x18, "Will Delay Interval", FourBytes, WILL;
    RequestResponseInformation = 0x19, "Request Response Information", Byte, CONNECT;
    ResponseInformation = 0x1A, "Response Information", Prefixed, CONNACK;
    ServerReference = 0x1C, "Server Reference", Prefixed, CONNACK | DISCONNECT;
    ReasonString = 0x1F, "Reason String", Prefixed, CONNACK | PUB_ANSWERS | SUB_ANSWERS | DISCONNECT | AUTH;
    ReceiveMaximum = 0x21, "Receive Maximum", TwoBytes, CONNECT | CONNACK;
    TopicAliasMaximum = 0x22, "Topic Alias Maximum", TwoBytes, CONNECT | CONNACK;
    TopicAlias = 0x23, "Topic Alias", TwoBytes, PUBLISH;
    MaximumQos = 0x24, "Maximum QoS", Byte, CONNACK;
    RetainAvailable = 0x25, "Retain Available", Byte, CONNACK;
    UserProperty = 0x26, "User Property", Pair, ANYWHERE;
    MaximumPacketSize = 0x27, "Maximum Packet Size", FourBytes, CONNECT | CONNACK;
    WildcardSubscriptionAvailable = 0x28, "Wildcard Subscription Available", Byte, CONNACK;
    SubscriptionIdentifierAvailable = 0x29, "Subscription Identifiers Available", Byte, CONNACK;
    SharedSubscriptionAvailable = 0x2A, "Shared Subscription Available", Byte, CONNACK;
}

impl PropertyId {
    /// Whether the property may stand there.
    #[inline]
    pub const fn allowed_in(self, place: Place) -> bool {
        self.places() & place.bit() != 0
    }

    /// Whether it may stand there more than once.
    #[inline]
    pub(crate) const fn repeats_in(self, place: Place) -> bool {
        match self {
            PropertyId::UserProperty => true,
            PropertyId::SubscriptionIdentifier => {
                matches!(place, Place::Packet(PacketType::Publish))
            }
            _ => false,
        }
    }
}

impl fmt::Display for PropertyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
