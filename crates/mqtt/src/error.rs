// SPDX-License-Identifier: Apache-2.0
//! What can be wrong with the bytes of a packet, and the code that answers it.

use crate::packet_type::PacketType;
use crate::property::PropertyId;
use crate::reason;
use crate::version::Version;

/// The field name of client identifiers in errors: it decides the answer (0x85).
pub(crate) const CLIENT_ID: &str = "client identifier";
/// The field name of user names in errors.
pub(crate) const USER_NAME: &str = "user name";
/// The field name of passwords in errors.
pub(crate) const PASSWORD: &str = "password";
/// The field name of the topic of a will in errors.
pub(crate) const WILL_TOPIC: &str = "the will topic";
/// The field name of the payload of a will in errors.
pub(crate) const WILL_PAYLOAD: &str = "the will payload";
/// The field name of the keep alive in errors.
pub(crate) const KEEP_ALIVE: &str = "keep alive";
/// The field name of the length in the fixed header in errors.
pub(crate) const REMAINING_LENGTH: &str = "remaining length";

/// A packet that must be refused: which one, and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeError {
    /// The packet type, where the first byte told it.
    pub packet: Option<PacketType>,
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// For a CONNECT: the version to answer in, once its protocol level was read.
    pub answer_in: Option<Version>,
}

impl std::error::Error for DecodeError {}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.packet {
            Some(packet) => write!(f, "{packet}: {}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

/// What is wrong with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // The messages say it.
pub enum DecodeErrorKind {
    #[error("packet type 0 is reserved")]
    ReservedType,
    #[error("this packet does not exist in {version}")]
    NotInVersion { version: Version },
    #[error("another packet was expected here")]
    Unexpected,
    #[error("the low bits of the first byte are {flags:#06b} and must be {expected:#06b}")]
    ReservedFlags { flags: u8, expected: u8 },
    #[error("{field} 3 is reserved")]
    QosReserved { field: &'static str },
    #[error("DUP is set at QoS 0")]
    DupAtQos0,
    #[error("the packet has {bytes} bytes, at most {bytes_max} are taken")]
    PacketTooLarge { bytes: usize, bytes_max: usize },
    #[error("the packet ends inside {field}")]
    Truncated { field: &'static str },
    #[error("{count} bytes follow the end of the packet")]
    TrailingBytes { count: usize },
    #[error("{field} has more than four bytes")]
    VarintTooLong { field: &'static str },
    #[error("{field} is encoded in more bytes than it needs")]
    VarintNotMinimal { field: &'static str },
    #[error("{field} is not valid UTF-8")]
    NotUtf8 { field: &'static str },
    #[error("{field} contains U+0000")]
    Nul { field: &'static str },
    #[error("{field} contains a control character")]
    ControlCharacter { field: &'static str },
    #[error("{field} contains a wildcard (+ or #)")]
    Wildcard { field: &'static str },
    #[error("{field} is empty")]
    Empty { field: &'static str },
    #[error("the packet identifier is 0")]
    PacketIdZero,
    #[error("the packet names no topic filter")]
    NoFilter,
    #[error("subscription options {options:#04x} use reserved bits or values")]
    SubscriptionOptions { options: u8 },
    #[error("a shared subscription cannot have No Local")]
    SharedNoLocal,
    #[error("reason code {code:#04x} does not exist in this packet")]
    ReasonCode { code: u8 },
    #[error("acknowledge flags {flags:#04x} are reserved")]
    AcknowledgeFlags { flags: u8 },
    #[error("property {id:#04x} does not exist")]
    PropertyUnknown { id: u32 },
    #[error("property {property} is not allowed here")]
    PropertyNotAllowed { property: PropertyId },
    #[error("property {property} is given twice")]
    PropertyRepeated { property: PropertyId },
    #[error("property {property} {why}")]
    PropertyValue {
        property: PropertyId,
        why: &'static str,
    },
    #[error("the topic alias is 0")]
    TopicAliasZero,
    #[error("Authentication Data is given without an Authentication Method")]
    AuthenticationDataAlone,
    #[error("the protocol name is not MQTT")]
    ProtocolName,
    #[error("protocol level {level:#04x} is not supported; use MQTT 3.1.1 (4) or MQTT 5 (5)")]
    UnsupportedProtocol { level: u8 },
    #[error("connect flags: {why}")]
    ConnectFlags { why: &'static str },
}

impl DecodeErrorKind {
    #[cold]
    pub(crate) fn in_packet(self, packet: PacketType) -> DecodeError {
        self.in_frame(Some(packet))
    }

    #[cold]
    pub(crate) fn in_frame(self, packet: Option<PacketType>) -> DecodeError {
        DecodeError {
            packet,
            kind: self,
            answer_in: None,
        }
    }

    /// Whether it is about the text of the field with that name.
    fn is_text_of(self, name: &str) -> bool {
        use DecodeErrorKind::*;
        matches!(self, NotUtf8 { field } | Nul { field } | ControlCharacter { field } if field == name)
    }
}

impl DecodeError {
    /// The MQTT 5 reason code for the CONNACK or DISCONNECT that answers it.
    ///
    /// Where the standard leaves 0x81 and 0x82 to the server's judgement ("malformed" against
    /// "protocol error", section 4.13.1), the choice is that of the widely used brokers, whose
    /// public test suites expect it; hence the exceptions by packet type.
    pub fn reason(&self) -> u8 {
        use DecodeErrorKind as K;
        use PacketType as P;
        match (self.kind, self.packet) {
            (K::PacketTooLarge { .. }, _) => reason::PACKET_TOO_LARGE,
            (K::TopicAliasZero, _) => reason::TOPIC_ALIAS_INVALID,
            (K::UnsupportedProtocol { .. }, _) => reason::UNSUPPORTED_PROTOCOL_VERSION,
            (kind, _) if kind.is_text_of(CLIENT_ID) => reason::CLIENT_IDENTIFIER_NOT_VALID,
            (K::ReservedFlags { .. }, Some(P::ConnAck | P::Auth)) => reason::PROTOCOL_ERROR,
            (
                K::PacketIdZero | K::PropertyNotAllowed { .. } | K::PropertyValue { .. },
                Some(P::Subscribe | P::Unsubscribe),
            ) => reason::MALFORMED_PACKET,
            (
                K::ReservedType
                | K::PacketIdZero
                | K::PropertyNotAllowed { .. }
                | K::PropertyRepeated { .. }
                | K::PropertyValue { .. }
                | K::ReasonCode { .. }
                | K::SharedNoLocal
                | K::AuthenticationDataAlone
                | K::NotInVersion { .. }
                | K::Unexpected,
                _,
            ) => reason::PROTOCOL_ERROR,
            _ => reason::MALFORMED_PACKET,
        }
    }

    /// How to answer a CONNECT that failed so: the version to encode the CONNACK in and its code.
    /// `None`: close without an answer, as MQTT 3.1.1 asks for and MQTT 5 allows (section 4.13).
    /// In MQTT 5 nothing is said about wrong credentials, flags and will topics, nor to what ends
    /// within them.
    pub fn connack(&self) -> Option<(Version, u8)> {
        use DecodeErrorKind as K;
        match (self.answer_in?, self.kind) {
            (Version::V31 | Version::V311, K::UnsupportedProtocol { .. }) => Some((
                Version::V311,
                reason::ConnackCode::UnacceptableProtocolVersion as u8,
            )),
            (Version::V31 | Version::V311, _)
            | (_, K::ConnectFlags { .. } | K::QosReserved { .. })
            | (
                _,
                K::Truncated {
                    field: USER_NAME | PASSWORD | KEEP_ALIVE | WILL_PAYLOAD,
                }
                | K::Empty { field: WILL_TOPIC },
            ) => None,
            (_, kind) if kind.is_text_of(USER_NAME) || kind.is_text_of(WILL_TOPIC) => None,
            (Version::V5, _) => Some((Version::V5, self.reason())),
        }
    }

    /// The reason code of the DISCONNECT to send in MQTT 5 once connected. `None`: close at once,
    /// because the stream has lost its packet borders, or the peer is leaving, or would not listen
    /// (a ping with a body). What a second CONNECT is refused with may be a code that DISCONNECT
    /// does not have: then it is the protocol error that this CONNECT is in any case.
    pub fn disconnect(&self) -> Option<u8> {
        use DecodeErrorKind as K;
        match (self.kind, self.packet) {
            (
                K::VarintTooLong {
                    field: REMAINING_LENGTH,
                },
                _,
            )
            | (K::ReasonCode { .. }, Some(PacketType::Disconnect))
            | (K::TrailingBytes { .. }, Some(PacketType::PingReq | PacketType::PingResp)) => None,
            _ => match self.reason() {
                code if reason::allowed(PacketType::Disconnect, code) => Some(code),
                _ => Some(reason::PROTOCOL_ERROR),
            },
        }
    }
}
