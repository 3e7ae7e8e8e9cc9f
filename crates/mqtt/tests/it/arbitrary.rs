// SPDX-License-Identifier: Apache-2.0
//! Arbitrary and slightly damaged bytes: no panic, and what is taken can be read to its end.

use hw_mqtt::packet::{puback, publish};
use hw_mqtt::{Packet, PacketType, PubAck, Version, connect, decode, frame, varint};
use proptest::prelude::*;

use crate::packets::samples;

/// Touches everything lazy in a decoded packet.
fn read_to_the_end(packet: &Packet<'_>) {
    let text = format!("{packet:?}");
    assert!(!text.is_empty());
    match packet {
        Packet::Subscribe(wish) => assert!(wish.filters().count() > 0),
        Packet::Unsubscribe(wish) => assert!(wish.filters().count() > 0),
        Packet::Publish(message) => {
            let _ = (
                message.properties.topic_alias(),
                message.properties.user_properties().count(),
            );
        }
        _ => {}
    }
}

/// What loops use for the packets that they have most of says what the long way says.
fn short_ways(version: Version, bytes: &[u8]) {
    if let Some(id) = puback::short(bytes) {
        let whole = &bytes[..puback::SHORT_BYTES];
        assert_eq!(puback::decode(version, whole), Ok(PubAck::success(id)));
    }
    if let Ok(Some(found)) = frame::peek_in(version, bytes, 1 << 20)
        && found.total_len <= bytes.len()
        && PacketType::of_first_byte(found.first) == Some(PacketType::Publish)
    {
        let whole = &bytes[..found.total_len];
        let framed = publish::decode_framed(version, found, whole);
        assert_eq!(framed, publish::decode(version, whole));
    }
}

fn try_all(bytes: &[u8]) {
    for version in [Version::V31, Version::V311, Version::V5] {
        short_ways(version, bytes);
        match decode(version, bytes) {
            Ok(packet) => read_to_the_end(&packet),
            Err(error) => assert!(error.reason() >= 0x80 && !error.to_string().is_empty()),
        }
    }
    if let Err(error) = connect::decode(bytes) {
        let _ = error.connack();
    }
    if let Ok(Some(found)) = frame::peek(bytes, 1 << 20) {
        assert!((2..=5).contains(&found.header_len) && found.total_len <= 1 << 20);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        try_all(&bytes);
    }

    #[test]
    fn any_body_with_a_right_header(
        first in any::<u8>(),
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut packet = vec![first];
        varint::write(&mut packet, body.len() as u32);
        packet.extend_from_slice(&body);
        try_all(&packet);
    }

    #[test]
    fn a_valid_packet_with_some_bytes_changed(
        which in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let samples = samples();
        let mut packet = samples[which.index(samples.len())].1.clone();
        for (at, byte) in changes {
            let at = at.index(packet.len());
            packet[at] = byte;
        }
        try_all(&packet);
    }
}

/// Every single byte of every sample, changed to every value.
#[test]
fn every_single_byte_changed() {
    for (_, packet) in samples() {
        for at in 0..packet.len() {
            let mut changed = packet.clone();
            for byte in 0..=u8::MAX {
                changed[at] = byte;
                try_all(&changed);
            }
        }
    }
}
