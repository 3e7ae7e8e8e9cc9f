// SPDX-License-Identifier: Apache-2.0
//! CONNECT (MQTT 5, section 3.1): the only packet that says its own version.

use crate::error::{
    CLIENT_ID, DecodeError, DecodeErrorKind, KEEP_ALIVE, PASSWORD, USER_NAME, WILL_PAYLOAD,
    WILL_TOPIC,
};
use crate::frame;
use crate::packet::open_as;
use crate::packet_type::PacketType;
use crate::property::{self, Place, Properties};
use crate::read::Reader;
use crate::version::{Qos, Version};

pub(crate) mod flags;

use flags::Flags;

/// The bit of the protocol level that bridges set.
pub(crate) const BRIDGE: u8 = 0x80;

/// A client's first packet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Connect<'a> {
    /// What the connection speaks from here on.
    pub version: Version,
    /// The high bit of the level, in versions of 3: it comes from another broker, which wants no
    /// message back that it sent itself, and Retain flags as they were published. (A custom of
    /// mosquitto and others; MQTT 5 has subscription options for it.)
    pub bridge: bool,
    /// Begin without the stored session (MQTT 3.1.1: Clean Session).
    pub clean_start: bool,
    /// Seconds; 0 is none.
    pub keep_alive_seconds: u16,
    /// May be empty; MQTT 3.1.1 allows that only with `clean_start`, MQTT 3.1 never: the answer is
    /// `ConnackCode::IdentifierRejected` [MQTT-3.1.3-8].
    pub client_id: &'a str,
    /// What to publish if the connection is lost.
    pub will: Option<Will<'a>>,
    /// The user name, without control characters.
    pub user_name: Option<&'a str>,
    /// The password: any bytes.
    pub password: Option<&'a [u8]>,
    /// Always empty in MQTT 3.1.1.
    pub properties: Properties<'a>,
}

/// The message that the server publishes for a client that is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Will<'a> {
    /// Without wildcards or control characters; never empty.
    pub topic: &'a str,
    /// The application's bytes.
    pub payload: &'a [u8],
    /// Quality of service to publish it with.
    pub qos: Qos,
    /// Whether it is to be retained.
    pub retain: bool,
    /// Always empty in MQTT 3.1.1.
    pub properties: Properties<'a>,
}

/// Says whether there is a password, never what it is.
impl std::fmt::Debug for Connect<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connect")
            .field("version", &self.version)
            .field("bridge", &self.bridge)
            .field("clean_start", &self.clean_start)
            .field("keep_alive_seconds", &self.keep_alive_seconds)
            .field("client_id", &self.client_id)
            .field("will", &self.will)
            .field("user_name", &self.user_name)
            .field("password", &self.password.map(|_| "..."))
            .field("properties", &self.properties)
            .finish()
    }
}

/// Decodes a whole CONNECT of any version.
///
/// On an error, [`DecodeError::connack`] says whether and how to answer: 0x01 in the form of
/// MQTT 3.1.1 where name and level are of two versions of 3, 0x84 in that of MQTT 5 for other
/// unsupported ones, nothing for another protocol's name.
pub fn decode(packet: &[u8]) -> Result<Connect<'_>, DecodeError> {
    let (first, body) = open_as(PacketType::Connect, Version::V311, packet)?;
    let mut reader = Reader::new(PacketType::Connect, body);
    let (version, bridge) = read_version(&mut reader)?;
    if version != Version::V31 {
        frame::check_flags(PacketType::Connect, first)?;
    }
    let connect = read_rest(version, reader).map_err(|error| DecodeError {
        answer_in: Some(version),
        ..error
    })?;
    Ok(Connect { bridge, ..connect })
}

/// The version, and whether a bridge says it.
fn read_version(reader: &mut Reader<'_>) -> Result<(Version, bool), DecodeError> {
    let old = match reader.prefixed("the protocol name")? {
        b"MQTT" => false,
        b"MQIsdp" => true,
        _ => return Err(reader.error(DecodeErrorKind::ProtocolName)),
    };
    let level = reader.u8("the protocol level")?;
    let bridge = level & BRIDGE != 0;
    match (old, level & !BRIDGE) {
        (true, 3) => return Ok((Version::V31, bridge)),
        (false, 4) => return Ok((Version::V311, bridge)),
        (false, 5) if !bridge => return Ok((Version::V5, false)),
        _ => {}
    }
    let speaks_3 = matches!(level & !BRIDGE, 3 | 4);
    let answer_in = if speaks_3 { Version::V311 } else { Version::V5 };
    let error = reader.error(DecodeErrorKind::UnsupportedProtocol { level });
    Err(DecodeError {
        answer_in: Some(answer_in),
        ..error
    })
}

fn read_rest(version: Version, mut reader: Reader<'_>) -> Result<Connect<'_>, DecodeError> {
    let bits = reader.u8("the connect flags")?;
    let flags = Flags::read(bits, version).map_err(|kind| reader.error(kind))?;
    let keep_alive_seconds = reader.u16(KEEP_ALIVE)?;
    let properties = section(&mut reader, version, Place::Packet(PacketType::Connect))?;
    let client_id = reader.name(CLIENT_ID)?;
    let will = match flags.will {
        Some((qos, retain)) => Some(read_will(&mut reader, version, qos, retain)?),
        None => None,
    };
    let user_name = flags
        .user_name
        .then(|| reader.name(USER_NAME))
        .transpose()?;
    let password = flags
        .password
        .then(|| reader.prefixed(PASSWORD))
        .transpose()?;
    reader.end()?;
    Ok(Connect {
        version,
        bridge: false,
        clean_start: flags.clean_start,
        keep_alive_seconds,
        client_id,
        will,
        user_name,
        password,
        properties,
    })
}

fn read_will<'a>(
    reader: &mut Reader<'a>,
    version: Version,
    qos: Qos,
    retain: bool,
) -> Result<Will<'a>, DecodeError> {
    let properties = section(reader, version, Place::Will)?;
    let topic = reader.topic(WILL_TOPIC)?;
    if topic.is_empty() {
        return Err(reader.error(DecodeErrorKind::Empty { field: WILL_TOPIC }));
    }
    let payload = reader.prefixed(WILL_PAYLOAD)?;
    Ok(Will {
        topic,
        payload,
        qos,
        retain,
        properties,
    })
}

fn section<'a>(
    reader: &mut Reader<'a>,
    version: Version,
    place: Place,
) -> Result<Properties<'a>, DecodeError> {
    match version {
        Version::V31 | Version::V311 => Ok(Properties::EMPTY),
        Version::V5 => property::read_section(reader, place),
    }
}
