// SPDX-License-Identifier: Apache-2.0
//! Packets that no client may send, each on a connection of its own.
use crate::codec::{connect, raw};

/// When it is sent: instead of a CONNECT, or after a good one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum When {
    First,
    Later,
}

pub fn names() -> Vec<&'static str> {
    all().into_iter().map(|(name, ..)| name).collect()
}

/// The packet of this name, or of every name.
pub fn find(name: &str) -> Vec<(When, Vec<u8>)> {
    all()
        .into_iter()
        .filter(|(known, ..)| *known == name || name == "all")
        .map(|(_, when, packet)| (when, packet))
        .collect()
}

fn text(s: &[u8]) -> Vec<u8> {
    [&(s.len() as u16).to_be_bytes()[..], s].concat()
}

fn publish(first: u8, topic: &[u8], rest: &[u8]) -> Vec<u8> {
    raw(first, &[&text(topic)[..], rest].concat())
}

/// CONNECT with these flags and this after its head.
fn connect_flags(level: u8, flags: u8, rest: &[u8]) -> Vec<u8> {
    let head = [&text(b"MQTT")[..], &[level, flags, 0, 60]].concat();
    raw(0x10, &[&head[..], rest].concat())
}

fn all() -> Vec<(&'static str, When, Vec<u8>)> {
    use When::{First, Later};
    let deep = vec![b'/'; 20_000];
    let id = text(b"mlbad");
    vec![
        ("type-0", Later, vec![0, 0]),
        (
            "length-of-5-bytes",
            Later,
            vec![0x30, 255, 255, 255, 255, 1],
        ),
        ("second-connect", Later, connect("mlagain", 60)),
        ("connack-from-client", Later, vec![0x20, 2, 0, 0]),
        (
            "qos-3",
            Later,
            publish(0x36, b"bench/pair/0", &[0, 1, b'x']),
        ),
        (
            "packet-id-0",
            Later,
            publish(0x32, b"bench/pair/0", &[0, 0, b'x']),
        ),
        ("topic-past-the-end", Later, raw(0x30, b"\x01\xf4abc")),
        ("no-topic", Later, raw(0x30, b"")),
        ("empty-topic", Later, publish(0x30, b"", b"x")),
        ("wildcard-in-topic", Later, publish(0x30, b"a/+/b", b"x")),
        ("bad-utf8", Later, publish(0x30, b"a/\xff\xfe", b"x")),
        ("overlong-utf8", Later, publish(0x30, b"a/\xc0\x80", b"x")),
        ("surrogate", Later, publish(0x30, b"a/\xed\xa0\x80", b"x")),
        ("nul-in-topic", Later, publish(0x30, b"a/\0", b"x")),
        ("subscribe-flags", Later, raw(0x80, b"\0\x01\0\x01a\0")),
        ("subscribe-empty", Later, raw(0x82, b"\0\x01")),
        ("subscribe-qos-3", Later, raw(0x82, b"\0\x01\0\x01a\x03")),
        (
            "subscribe-deep",
            Later,
            raw(0x82, &[b"\0\x01", &text(&deep)[..], b"\0"].concat()),
        ),
        ("unsubscribe-empty", Later, raw(0xa2, b"\0\x01")),
        ("pingreq-with-body", Later, raw(0xc0, b"x")),
        ("puback-of-1-byte", Later, raw(0x40, b"\0")),
        ("pubrel-flags", Later, raw(0x60, b"\0\x01")),
        ("publish-first", First, publish(0x30, b"t", b"x")),
        ("http", First, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()),
        (
            "protocol-name",
            First,
            raw(0x10, b"\0\x04MQTX\x04\x02\0\x3c\0\x01x"),
        ),
        ("protocol-level", First, connect_flags(9, 2, &id)),
        ("reserved-flag", First, connect_flags(4, 3, &id)),
        ("password-without-user", First, connect_flags(4, 0x42, &id)),
        ("connect-cut-short", First, raw(0x10, &text(b"MQTT"))),
        ("will-qos-3", First, connect_flags(4, 0x1e, &id)),
        ("will-of-bad-property", First, {
            let will = [&[0, 3, 0x7f, 0, 0][..], &text(b"t"), &text(b"x")].concat();
            connect_flags(5, 6, &[&[0][..], &id, &will].concat())
        }),
        ("client-id-nul", First, connect_flags(4, 2, &text(b"ml\0x"))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        let mut known = names();
        known.sort_unstable();
        known.dedup();
        assert_eq!(known.len(), names().len());
        assert!(names().iter().all(|name| find(name).len() == 1));
    }
}
