// SPDX-License-Identifier: Apache-2.0
//! MQTT 3.1, 3.1.1 and 5 packets: bytes in, borrowed structs out, and back. It knows no I/O, no clock
//! and no session: what a packet means is its caller's matter.
//!
//! Every packet, property and reason code of all versions is here, for servers and clients.
//! Decoding copies and allocates nothing: a [`Publish`] borrows topic, payload and properties from
//! the input. [`frame::peek`] finds a packet in a stream, [`decode`] reads it, [`encode`] appends.
//!
//! # Example: a server's side of a connection
//!
//! ```
//! use hw_mqtt::{Packet, Publish, Qos, Version, connect, decode, encode, frame, reason};
//!
//! let packet_bytes_max = 128 * 1024;
//! let from_client = b"\x10\x0D\0\x04MQTT\x04\x02\0\x3C\0\x01m\x32\x0B\0\x05a/b/c\0\x07hi";
//! let mut to_client = Vec::new();
//!
//! // The first packet must be CONNECT, and says which version is spoken.
//! let found = frame::peek(from_client, packet_bytes_max)?.expect("the packet is whole");
//! let (packet, rest) = from_client.split_at(found.total_len);
//! let hello = match connect::decode(packet) {
//!     Ok(hello) => hello,
//!     Err(error) => panic!("{error}; answer {:?}, then close", error.connack()),
//! };
//! assert_eq!((hello.version, hello.client_id), (Version::V311, "m"));
//!
//! let found = frame::peek(rest, packet_bytes_max)?.expect("the packet is whole");
//! match decode(hello.version, &rest[..found.total_len])? {
//!     Packet::Publish(message) => {
//!         assert_eq!((message.topic, message.payload), ("a/b/c", &b"hi"[..]));
//!         encode::puback(&mut to_client, hello.version, message.packet_id, reason::SUCCESS);
//!
//!         // For all receivers of a version and QoS it is encoded once, and only the packet
//!         // identifier is set in each copy.
//!         let (mut shared, extra) = (Vec::new(), encode::PublishExtra::default());
//!         let onward = Publish { dup: false, packet_id: 0, ..message };
//!         let id_at = encode::publish(&mut shared, Version::V5, &onward, &extra)?;
//!         for packet_id in [17, 4] {
//!             let mut copy = shared.clone();
//!             encode::patch_packet_id(&mut copy, id_at.expect("QoS 1 has one"), packet_id);
//!         }
//!     }
//!     other => panic!("not expected here: {other:?}"),
//! }
//! assert_eq!(to_client, [0x40, 2, 0, 7]);
//! # assert_eq!(Qos::AtLeastOnce as u8, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod encode;
pub mod error;
pub mod frame;
pub mod packet;
pub mod property;
pub mod reason;
pub mod varint;

mod packet_type;
mod read;
mod text;
mod version;

pub use encode::EncodeError;
pub use error::{DecodeError, DecodeErrorKind};
pub use frame::Frame;
pub use packet::auth::Auth;
pub use packet::connack::ConnAck;
pub use packet::connect::{Connect, Will};
pub use packet::disconnect::Disconnect;
pub use packet::ping::{PingReq, PingResp};
pub use packet::puback::PubAck;
pub use packet::pubcomp::PubComp;
pub use packet::publish::Publish;
pub use packet::pubrec::PubRec;
pub use packet::pubrel::PubRel;
pub use packet::suback::SubAck;
pub use packet::subscribe::{RetainHandling, Subscribe, SubscribeOptions};
pub use packet::unsuback::UnsubAck;
pub use packet::unsubscribe::Unsubscribe;
pub use packet::{Packet, connect, decode};
pub use packet_type::PacketType;
pub use property::{Place, Properties, Property, PropertyBuf, PropertyId};
pub use version::{Qos, Version};
