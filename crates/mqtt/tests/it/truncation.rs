// SPDX-License-Identifier: Apache-2.0
//! Every packet cut at every byte: never a panic, never taken for whole.

use hw_mqtt::{PacketType, connect, decode, frame, varint};

use crate::packets::samples;

#[test]
fn a_cut_stream_waits_for_more() {
    for (version, packet) in samples() {
        decode(version, &packet).expect("the sample is valid");
        for cut in 0..packet.len() {
            let head = &packet[..cut];
            assert!(decode(version, head).is_err(), "{head:02x?} {version}");
            match frame::peek(head, packet.len()).expect("nothing wrong so far") {
                None => {}
                Some(found) => assert_eq!(found.total_len, packet.len()),
            }
        }
    }
}

/// The fixed header says the cut length: then the body must be refused, or be a valid shorter form.
#[test]
fn a_cut_body_is_refused_or_a_shorter_form() {
    for (version, packet) in samples() {
        let found = frame::peek(&packet, packet.len())
            .expect("valid")
            .expect("whole");
        let body = &packet[found.header_len..];
        for cut in 0..body.len() {
            let mut shorter = vec![packet[0]];
            varint::write(&mut shorter, cut as u32);
            shorter.extend_from_slice(&body[..cut]);
            let decoded = decode(version, &shorter);
            if found.first >> 4 == PacketType::Connect as u8 {
                assert!(decoded.is_err());
                assert!(connect::decode(&shorter).is_err());
            }
            if let Ok(decoded) = decoded {
                let kind = decoded.packet_type();
                let may_be_shorter = matches!(
                    kind,
                    PacketType::Publish
                        | PacketType::PubAck
                        | PacketType::PubRec
                        | PacketType::PubRel
                        | PacketType::PubComp
                        | PacketType::Subscribe
                        | PacketType::SubAck
                        | PacketType::Unsubscribe
                        | PacketType::UnsubAck
                        | PacketType::Disconnect
                        | PacketType::Auth
                );
                assert!(may_be_shorter, "{kind} taken from {shorter:02x?}");
            }
        }
    }
}

#[test]
fn a_byte_too_many_is_refused_where_no_list_or_payload_ends_the_packet() {
    for (version, packet) in samples() {
        let found = frame::peek(&packet, packet.len())
            .expect("valid")
            .expect("whole");
        let mut longer = vec![packet[0]];
        varint::write(&mut longer, (packet.len() - found.header_len + 1) as u32);
        longer.extend_from_slice(&packet[found.header_len..]);
        longer.push(0xEE);
        match decode(version, &longer) {
            Err(_) => {}
            Ok(decoded) => assert_eq!(decoded.packet_type(), PacketType::Publish, "{longer:02x?}"),
        }
    }
}
