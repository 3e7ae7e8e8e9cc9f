// SPDX-License-Identifier: Apache-2.0
//! Headers whole, cut, oversized and with wrong flags.

use super::*;
use crate::reason;

#[test]
fn waits_until_the_length_is_known() {
    assert_eq!(peek(&[], 100), Ok(None));
    assert_eq!(peek(&[0x30], 100), Ok(None));
    assert_eq!(peek(&[0x30, 0x80], 100), Ok(None));
    let frame = Frame {
        first: 0x30,
        header_len: 3,
        total_len: 131,
    };
    assert_eq!(peek(&[0x30, 0x80, 0x01], 131), Ok(Some(frame)));
}

#[test]
fn refuses_too_large_from_the_header_alone() {
    let error = peek(&[0x30, 0x80, 0x01], 130).expect_err("131 bytes are more than 130");
    assert_eq!(error.reason(), reason::PACKET_TOO_LARGE);
    assert_eq!(
        error.to_string(),
        "PUBLISH: the packet has 131 bytes, at most 130 are taken"
    );
}

#[test]
fn refuses_a_length_of_five_bytes_at_the_fourth() {
    let error = peek(&[0x30, 0x80, 0x80, 0x80, 0x80], usize::MAX).expect_err("too long");
    assert_eq!(error.reason(), reason::MALFORMED_PACKET);
}

#[test]
fn reserved_flags_are_refused_at_the_first_byte() {
    for packet in PacketType::ALL {
        for flags in 0..16 {
            let first = (packet as u8) << 4 | flags;
            let good = match packet {
                PacketType::Connect => true,
                PacketType::Publish => ![6, 7, 8, 9, 14, 15].contains(&flags),
                PacketType::PubRel | PacketType::Subscribe | PacketType::Unsubscribe => flags == 2,
                _ => flags == 0,
            };
            assert_eq!(peek(&[first], 100).is_ok(), good, "{packet} {flags:04b}");
        }
    }
    assert!(peek(&[0x00], 100).is_err());
    assert!(peek(&[0x0F], 100).is_err());
}

#[test]
fn a_whole_packet_has_exactly_its_length() {
    assert!(open(Version::V5, &[0xC0, 0x00]).is_ok());
    assert!(open(Version::V5, &[0xC0, 0x00, 0x00]).is_err());
    assert!(open(Version::V5, &[0xC0, 0x01]).is_err());
    assert!(open(Version::V5, &[0xC0]).is_err());
    assert!(open(Version::V5, &[]).is_err());
}
