// SPDX-License-Identifier: Apache-2.0
//! All packets as one enum, and the decoder that picks by type.

use crate::error::{DecodeError, DecodeErrorKind};
use crate::frame;
use crate::packet_type::PacketType;
use crate::version::Version;

mod answer;
pub mod auth;
pub mod connack;
pub mod connect;
pub mod disconnect;
pub mod ping;
pub mod puback;
pub mod pubcomp;
pub mod publish;
pub mod pubrec;
pub mod pubrel;
pub mod suback;
pub mod subscribe;
pub mod unsuback;
pub mod unsubscribe;

use auth::Auth;
use connack::ConnAck;
use connect::Connect;
use disconnect::Disconnect;
use ping::{PingReq, PingResp};
use puback::PubAck;
use pubcomp::PubComp;
use publish::Publish;
use pubrec::PubRec;
use pubrel::PubRel;
use suback::SubAck;
use subscribe::Subscribe;
use unsuback::UnsubAck;
use unsubscribe::Unsubscribe;

/// A decoded packet; it borrows from the bytes it was decoded from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // Each variant's struct is documented.
pub enum Packet<'a> {
    Connect(Connect<'a>),
    ConnAck(ConnAck<'a>),
    Publish(Publish<'a>),
    PubAck(PubAck<'a>),
    PubRec(PubRec<'a>),
    PubRel(PubRel<'a>),
    PubComp(PubComp<'a>),
    Subscribe(Subscribe<'a>),
    SubAck(SubAck<'a>),
    Unsubscribe(Unsubscribe<'a>),
    UnsubAck(UnsubAck<'a>),
    PingReq(PingReq),
    PingResp(PingResp),
    Disconnect(Disconnect<'a>),
    Auth(Auth<'a>),
}

impl Packet<'_> {
    /// Its type.
    pub const fn packet_type(&self) -> PacketType {
        match self {
            Packet::Connect(_) => PacketType::Connect,
            Packet::ConnAck(_) => PacketType::ConnAck,
            Packet::Publish(_) => PacketType::Publish,
            Packet::PubAck(_) => PacketType::PubAck,
            Packet::PubRec(_) => PacketType::PubRec,
            Packet::PubRel(_) => PacketType::PubRel,
            Packet::PubComp(_) => PacketType::PubComp,
            Packet::Subscribe(_) => PacketType::Subscribe,
            Packet::SubAck(_) => PacketType::SubAck,
            Packet::Unsubscribe(_) => PacketType::Unsubscribe,
            Packet::UnsubAck(_) => PacketType::UnsubAck,
            Packet::PingReq(_) => PacketType::PingReq,
            Packet::PingResp(_) => PacketType::PingResp,
            Packet::Disconnect(_) => PacketType::Disconnect,
            Packet::Auth(_) => PacketType::Auth,
        }
    }
}

/// Decodes a whole packet, as [`frame::peek`] found its borders.
///
/// Both sides' packets are decoded: a server refuses what no client sends by
/// [`PacketType::sent_by_client`] before it decodes. A CONNECT tells its own version.
pub fn decode(version: Version, packet: &[u8]) -> Result<Packet<'_>, DecodeError> {
    let (kind, first, body) = frame::open(version, packet)?;
    Ok(match kind {
        PacketType::Publish => Packet::Publish(publish::read(version, first, body)?),
        PacketType::PubAck => Packet::PubAck(puback::read(version, body)?),
        PacketType::PubRec => Packet::PubRec(pubrec::read(version, body)?),
        PacketType::PubRel => Packet::PubRel(pubrel::read(version, body)?),
        PacketType::PubComp => Packet::PubComp(pubcomp::read(version, body)?),
        PacketType::Connect => Packet::Connect(connect::decode(packet)?),
        PacketType::ConnAck => Packet::ConnAck(connack::read(version, body)?),
        PacketType::Subscribe => Packet::Subscribe(subscribe::read(version, body)?),
        PacketType::SubAck => Packet::SubAck(suback::read(version, body)?),
        PacketType::Unsubscribe => Packet::Unsubscribe(unsubscribe::read(version, body)?),
        PacketType::UnsubAck => Packet::UnsubAck(unsuback::read(version, body)?),
        PacketType::PingReq => Packet::PingReq(ping::read_request(body)?),
        PacketType::PingResp => Packet::PingResp(ping::read_response(body)?),
        PacketType::Disconnect => Packet::Disconnect(disconnect::read(version, body)?),
        PacketType::Auth => Packet::Auth(auth::read(version, body)?),
    })
}

/// Opens a whole packet that must be of that type.
#[inline]
pub(crate) fn open_as(
    expected: PacketType,
    version: Version,
    packet: &[u8],
) -> Result<(u8, &[u8]), DecodeError> {
    match frame::open(version, packet)? {
        (kind, first, body) if kind == expected => Ok((first, body)),
        (kind, ..) => Err(DecodeErrorKind::Unexpected.in_packet(kind)),
    }
}
