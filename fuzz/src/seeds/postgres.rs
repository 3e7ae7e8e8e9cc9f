// SPDX-License-Identifier: Apache-2.0
//! What PostgreSQL clients send: startup packets behind their version, and conversations.

use crate::Seeds;

/// A few as psql and drivers send them, and noise for the messages that are made of choices.
pub fn all() -> Seeds {
    let prepared = [
        message(b'P', b"s1\0select $1::int8\0\0\x01\0\0\0\x14"),
        message(b'D', b"Ss1\0"),
        message(b'S', b""),
        message(b'B', b"p1\0s1\0\0\x01\0\x01\0\x01\0\0\0\x08\0\0\0\0\0\0\0\x2a\0\x01\0\x01"),
        message(b'D', b"Pp1\0"),
        message(b'E', b"p1\0\0\0\0\x64"),
        message(b'C', b"Ss1\0"),
        message(b'H', b""),
        message(b'S', b""),
    ];
    let mut seeds = vec![
        b"user\0ann\0database\0headwater\0application_name\0psql\0client_encoding\0UTF8\0\0".to_vec(),
        b"user\0ann\0options\0-c statement_timeout=5s\0\0".to_vec(),
        [message(b'p', b"key\0"), message(b'Q', b"select 1\0"), message(b'X', b"")].concat(),
        prepared.concat(),
        message(b'B', b"\0\0\0\0\0\x02\xff\xff\xff\xff\0\0\0\0\0\0"),
        [message(b'd', b"1\t2\n"), message(b'c', b""), message(b'f', b"no\0")].concat(),
    ];
    seeds.extend(crate::choices(200));
    seeds
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32 + 4).to_be_bytes();
    [&[kind][..], &length, body].concat()
}
