// SPDX-License-Identifier: Apache-2.0
//! Which codes each packet may carry (MQTT 5, table 2-6; MQTT 3.1.1, sections 3.2.2.3 and 3.9.3).

use crate::packet_type::PacketType;

/// Whether a packet of MQTT 5 may carry that reason code. Packets without one carry none.
pub const fn allowed(packet: PacketType, code: u8) -> bool {
    match packet {
        PacketType::ConnAck => matches!(
            code,
            0x00 | 0x80..=0x8A | 0x8C | 0x90 | 0x95 | 0x97 | 0x99..=0x9D | 0x9F
        ),
        PacketType::PubAck | PacketType::PubRec => {
            matches!(
                code,
                0x00 | 0x10 | 0x80 | 0x83 | 0x87 | 0x90 | 0x91 | 0x97 | 0x99
            )
        }
        PacketType::PubRel | PacketType::PubComp => matches!(code, 0x00 | 0x92),
        PacketType::SubAck => matches!(
            code,
            0x00..=0x02 | 0x80 | 0x83 | 0x87 | 0x8F | 0x91 | 0x97 | 0x9E | 0xA1 | 0xA2
        ),
        PacketType::UnsubAck => {
            matches!(code, 0x00 | 0x11 | 0x80 | 0x83 | 0x87 | 0x8F | 0x91)
        }
        PacketType::Disconnect => matches!(
            code,
            0x00 | 0x04 | 0x80..=0x83 | 0x87 | 0x89 | 0x8B | 0x8D..=0x90 | 0x93..=0xA2
        ),
        PacketType::Auth => matches!(code, 0x00 | 0x18 | 0x19),
        _ => false,
    }
}

/// Whether a packet of MQTT 3.1.1 may carry that return code.
pub const fn allowed_v311(packet: PacketType, code: u8) -> bool {
    match packet {
        PacketType::ConnAck => code <= 5,
        PacketType::SubAck => matches!(code, 0..=2 | 0x80),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason;

    #[test]
    fn every_allowed_code_has_words() {
        for packet in PacketType::ALL {
            for code in 0..=u8::MAX {
                let known = reason::describe(code) != "Unknown reason code";
                assert!(known || !allowed(packet, code), "{packet} {code:#04x}");
            }
        }
    }

    #[test]
    fn counts_are_those_of_the_table() {
        let count = |packet| (0..=u8::MAX).filter(|code| allowed(packet, *code)).count();
        for (packet, codes) in [
            (PacketType::ConnAck, 22),
            (PacketType::PubAck, 9),
            (PacketType::PubRec, 9),
            (PacketType::PubRel, 2),
            (PacketType::PubComp, 2),
            (PacketType::SubAck, 12),
            (PacketType::UnsubAck, 7),
            (PacketType::Disconnect, 29),
            (PacketType::Auth, 3),
            (PacketType::Publish, 0),
        ] {
            assert_eq!(count(packet), codes, "{packet}");
        }
    }
}
