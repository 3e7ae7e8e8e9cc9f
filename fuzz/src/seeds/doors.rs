// SPDX-License-Identifier: Apache-2.0
//! What stands before MQTT: frames of WebSockets, headers of proxies.

use crate::Seeds;

/// Frames of a client: whole, in fragments, with controls, and at the edges of lengths.
pub fn frames() -> Seeds {
    let mask = [1, 2, 3, 4];
    let frame = |first: u8, length: &[u8], payload: &[u8]| {
        let masked = payload.iter().zip(mask.iter().cycle());
        let masked: Vec<u8> = masked.map(|(byte, mask)| byte ^ mask).collect();
        [&[first], length, &mask, &masked].concat()
    };
    let mut seeds = vec![
        frame(0x82, &[0x85], b"hello"),
        [
            frame(0x02, &[0x82], b"ab"),
            frame(0x89, &[0x81], b"p"),
            frame(0x80, &[0x82], b"cd"),
        ]
        .concat(),
        frame(0x88, &[0x82], &1000u16.to_be_bytes()),
        frame(0x88, &[0x80], b""),
        frame(0x82, &[0xFE, 0, 126], &[7; 126]),
        frame(0x82, &[0xFF, 0, 0, 0, 0, 0, 1, 0, 0], b"long"),
        frame(0x81, &[0x81], b"t"),
    ];
    seeds.extend(crate::choices(200));
    seeds
}

/// Headers of version 2 for both families, for itself, and with something added.
pub fn headers() -> Seeds {
    let header = |command: u8, family: u8, rest: &[u8]| {
        let length = (rest.len() as u16).to_be_bytes();
        [&[command, family][..], &length, rest].concat()
    };
    let mut seeds = vec![
        header(0x21, 0x11, &[10, 0, 0, 7, 10, 0, 0, 1, 1, 2, 3, 4]),
        header(0x21, 0x21, &[3; 36]),
        header(0x20, 0x00, &[]),
        header(0x21, 0x11, &[9; 30]),
    ];
    seeds.extend(crate::choices(100));
    seeds
}
