// SPDX-License-Identifier: Apache-2.0
//! Frames cut anywhere give the same bytes; what breaks a rule is refused with its code.

use proptest::prelude::*;

use super::*;

/// A client's frame.
fn frame(first: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut out = Vec::new();
    head::write(Opcode::Binary, payload.len(), &mut out);
    (out[0], out[1]) = (first, out[1] | 0x80);
    out.extend_from_slice(&mask);
    let masked = payload.iter().zip(mask.iter().cycle());
    out.extend(masked.map(|(byte, mask)| byte ^ mask));
    out
}

fn open(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut bytes = bytes.to_vec();
    WebSocket::new().open(&mut bytes, 0).map(|_| bytes)
}

#[test]
fn what_breaks_a_rule_is_refused_with_its_code() {
    let unmasked = [0x82, 1, b'x'];
    let cases: [(&[u8], u16); 14] = [
        (&unmasked, 1002),
        (&[0x81], 1003),
        (&[0xc2], 1002),
        (&[0xa2], 1002),
        (&[0x80], 1002),
        (&[0x83], 1002),
        (&[0x8b], 1002),
        (&[0x09, 0x80], 1002),
        (&[0x89, 0xfe], 1002),
        (&[0x82, 0xfe, 0, 125], 1002),
        (&[0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff], 1002),
        (&[0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], 1009),
        (&frame(0x88, &[3], [1, 2, 3, 4]), 1002),
        (&frame(0x88, &[3, 0xed], [1, 2, 3, 4]), 1002),
    ];
    for (bytes, code) in cases {
        let fault = open(bytes).expect_err("refused");
        assert_eq!(fault.code, code, "{bytes:02x?}: {fault}");
    }
    let nested = [frame(0x02, b"a", [0; 4]), frame(0x82, b"b", [0; 4])].concat();
    assert_eq!(open(&nested).expect_err("refused").code, 1002);
    let text = frame(0x88, &[3, 0xe8, 0xff], [9; 4]);
    assert_eq!(open(&text).expect_err("refused").code, 1007);
}

#[test]
fn a_fault_is_told_and_nothing_more_is_taken() {
    let mut websocket = WebSocket::new();
    let mut bytes = [frame(0x82, b"good", [7; 4]), vec![0x81]].concat();
    assert!(websocket.open(&mut bytes, 0).is_err());
    assert_eq!(bytes, b"good");
    let mut out = Vec::new();
    websocket.seal(b"late", &mut out);
    assert!(out.ends_with(&[0x88, 2, 0x03, 0xeb]), "{out:02x?}");
    let mut more = frame(0x82, b"more", [7; 4]);
    assert!(matches!(websocket.open(&mut more, 0), Ok(true)));
    assert!(more.is_empty());
}

#[test]
fn control_frames_between_fragments() {
    let bytes = [
        frame(0x02, b"ab", [1; 4]),
        frame(0x89, b"one", [2; 4]),
        frame(0x00, b"", [3; 4]),
        frame(0x89, b"two", [4; 4]),
        frame(0x8a, b"unasked", [4; 4]),
        frame(0x80, b"cd", [5; 4]),
        frame(0x88, &[3, 0xe8], [6; 4]),
        frame(0x82, b"behind", [7; 4]),
    ]
    .concat();
    let mut websocket = WebSocket::new();
    let mut taken = [b"kept".to_vec(), bytes].concat();
    assert_eq!(websocket.open(&mut taken, 4), Ok(true));
    assert_eq!(taken, b"keptabcd");
    let mut out = Vec::new();
    websocket.seal(&[], &mut out);
    assert_eq!(out, b"\x8a\x03two\x88\x02\x03\xe8");
    assert!(!websocket.has_pending());
    websocket.close(code::NORMAL, &mut out);
    assert_eq!(out.len(), 9, "one Close and no more");
}

#[test]
fn lengths_at_their_borders() {
    for bytes in [0, 1, 125, 126, 65_535, 65_536, 70_001] {
        let payload: Vec<u8> = (0..bytes).map(|n| n as u8).collect();
        assert_eq!(
            open(&frame(0x82, &payload, [1, 2, 3, 4])).as_ref(),
            Ok(&payload)
        );
        let mut out = Vec::new();
        WebSocket::new().seal(&payload, &mut out);
        assert!(out.ends_with(&payload));
    }
}

proptest! {
    #[test]
    fn cuts_make_no_difference(
        messages in prop::collection::vec(
            (prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..4), any::<[u8; 4]>()),
            1..5,
        ),
        cuts in prop::collection::vec(1usize..200, 1..40),
    ) {
        let (mut wire, mut sent) = (Vec::new(), Vec::new());
        for (fragments, mask) in &messages {
            for (at, fragment) in fragments.iter().enumerate() {
                let last = if at + 1 == fragments.len() { 0x80 } else { 0 };
                wire.extend(frame(last | if at == 0 { 2 } else { 0 }, fragment, *mask));
                sent.extend_from_slice(fragment);
                wire.extend(frame(0x89, &fragment[..fragment.len().min(125)], *mask));
            }
        }
        let (mut websocket, mut taken) = (WebSocket::new(), Vec::new());
        let mut cuts = cuts.iter().cycle();
        let mut rest = wire.as_slice();
        while !rest.is_empty() {
            let (piece, more) = rest.split_at((*cuts.next().expect("endless")).min(rest.len()));
            let from = taken.len();
            taken.extend_from_slice(piece);
            prop_assert_eq!(websocket.open(&mut taken, from), Ok(false));
            rest = more;
        }
        prop_assert_eq!(taken, sent);
    }

    #[test]
    fn garbage_is_refused_or_carries_no_more_than_it_is(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut taken = bytes.clone();
        let mut websocket = WebSocket::new();
        let _ = websocket.open(&mut taken, 0);
        prop_assert!(taken.len() <= bytes.len());
        let mut out = Vec::new();
        websocket.seal(&[], &mut out);
        prop_assert!(out.len() <= 2 * (CONTROL_BYTES_MAX + 2));
    }
}
