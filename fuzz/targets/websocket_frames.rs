// SPDX-License-Identifier: Apache-2.0
//! Bytes of a WebSocket's client: what is carried, how it ends and what is answered agree with a
//! reader that has all bytes at once and copies everything; cut anywhere they give the same. The
//! codec is taken in by path: what is around it in the broker need not be built with sanitizers.
#![no_main]

#[path = "../../crates/broker/src/websocket.rs"]
#[allow(dead_code, unused_imports)]
mod websocket;

use hw_fuzz::Pick;
use libfuzzer_sys::fuzz_target;
use websocket::WebSocket;

/// Longest payload of a frame.
const PAYLOAD_BYTES_MAX: u64 = 268_435_460;

/// How a stream stands at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Open,
    /// The peer's Close, and the code that answers it.
    Closed(u16),
    /// A broken rule, and the code that says so.
    Broken(u16),
}

/// What came of the bytes.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    carried: Vec<u8>,
    end: End,
    answer: Vec<u8>,
}

fuzz_target!(|data: &[u8]| {
    check(data);
    let mut pick = Pick::new(data);
    let (frames, carried) = shaped(&mut pick);
    let told = check(&frames);
    assert_eq!((told.carried, told.end), (carried, End::Open));
    seals(pick.rest());
});

fn check(bytes: &[u8]) -> Told {
    let told = naive(bytes);
    for size in [bytes.len().max(1), 1, 3, 7, 64] {
        assert_eq!(read(bytes, size), told, "cut into {size}");
    }
    told
}

/// The codec's reading, of parts of `size` bytes, each behind what others left there.
fn read(bytes: &[u8], size: usize) -> Told {
    let (mut websocket, mut buffer, mut end) = (WebSocket::new(), b"before".to_vec(), None);
    for part in bytes.chunks(size) {
        let from = buffer.len();
        buffer.extend_from_slice(part);
        match websocket.open(&mut buffer, from) {
            Ok(false) => assert!(end.is_none()),
            Ok(true) => end = end.or(Some(Ok(()))),
            Err(fault) => {
                assert!(end.is_none(), "nothing is read behind the end");
                end = Some(Err(fault.code));
            }
        }
    }
    let carried = buffer.strip_prefix(b"before").expect("untouched").to_vec();
    let mut answer = Vec::new();
    assert_eq!(websocket.has_pending(), {
        websocket.seal(&[], &mut answer);
        !answer.is_empty()
    });
    assert!(!websocket.has_pending());
    let code = || u16::from_be_bytes([answer[answer.len() - 2], answer[answer.len() - 1]]);
    let end = match end {
        None => End::Open,
        Some(Ok(())) => End::Closed(code()),
        Some(Err(broken)) => End::Broken(broken),
    };
    Told { carried, end, answer }
}

/// The oracle: RFC 6455, section 5, frame by frame.
fn naive(bytes: &[u8]) -> Told {
    let (mut carried, mut pong, mut in_message, mut rest) = (Vec::new(), None, false, bytes);
    let end = loop {
        match naive_frame(rest, in_message) {
            Err(code) => break End::Broken(code),
            Ok(Frame::Head) => break End::Open,
            Ok(Frame::Cut(opcode, payload)) => {
                if opcode < 8 {
                    carried.extend_from_slice(&payload);
                }
                break End::Open;
            }
            Ok(Frame::Whole(opcode, is_last, payload, behind)) => {
                rest = behind;
                match opcode {
                    8 => match naive_close(&payload) {
                        Ok(code) => break End::Closed(code),
                        Err(code) => break End::Broken(code),
                    },
                    9 => pong = Some(payload),
                    10 => {}
                    _ => {
                        in_message = !is_last;
                        carried.extend_from_slice(&payload);
                    }
                }
            }
        }
    };
    let mut answer = Vec::new();
    if let Some(payload) = pong {
        answer.extend([0x8A, payload.len() as u8]);
        answer.extend(payload);
    }
    if let End::Closed(code) | End::Broken(code) = end {
        answer.extend([0x88, 2]);
        answer.extend(code.to_be_bytes());
    }
    Told { carried, end, answer }
}

enum Frame<'a> {
    /// Its head is cut.
    Head,
    /// Opcode, and as much of its payload as there is.
    Cut(u8, Vec<u8>),
    /// Opcode, whether it is a message's last, payload, what is behind.
    Whole(u8, bool, Vec<u8>, &'a [u8]),
}

fn naive_frame(bytes: &[u8], in_message: bool) -> Result<Frame<'_>, u16> {
    let Some(first) = bytes.first() else {
        return Ok(Frame::Head);
    };
    let (is_last, opcode) = (first & 0x80 != 0, first & 15);
    match opcode {
        _ if first & 0x70 != 0 => return Err(1002),
        1 => return Err(1003),
        0 if in_message => {}
        2 if !in_message => {}
        8..=10 => {}
        _ => return Err(1002),
    }
    let Some(second) = bytes.get(1) else {
        return Ok(Frame::Head);
    };
    if second & 0x80 == 0 || opcode >= 8 && (second & 0x7F > 125 || !is_last) {
        return Err(1002);
    }
    let (length, mask_at) = match second & 0x7F {
        126 => match bytes.get(2..4) {
            Some(two) => (u64::from(u16::from_be_bytes(two.try_into().unwrap())), 4),
            None => return Ok(Frame::Head),
        },
        127 => match bytes.get(2..10) {
            Some(eight) => (u64::from_be_bytes(eight.try_into().unwrap()), 10),
            None => return Ok(Frame::Head),
        },
        short => (u64::from(short), 2),
    };
    if mask_at == 4 && length < 126 || mask_at == 10 && length < 65_536 {
        return Err(1002);
    }
    if length > PAYLOAD_BYTES_MAX {
        return Err(1009);
    }
    let Some(mask) = bytes.get(mask_at..mask_at + 4) else {
        return Ok(Frame::Head);
    };
    let unmask = |payload: &[u8]| {
        let bytes = payload.iter().enumerate();
        bytes.map(|(at, byte)| byte ^ mask[at % 4]).collect()
    };
    let behind = &bytes[mask_at + 4..];
    let length = length as usize;
    Ok(match behind.split_at_checked(length) {
        Some((payload, rest)) => Frame::Whole(opcode, is_last, unmask(payload), rest),
        None => Frame::Cut(opcode, unmask(behind)),
    })
}

fn naive_close(payload: &[u8]) -> Result<u16, u16> {
    if payload.is_empty() {
        return Ok(1000);
    }
    if payload.len() == 1 {
        return Err(1002);
    }
    let code = u16::from_be_bytes([payload[0], payload[1]]);
    let never = code < 1000 || (1004..=1006).contains(&code) || (1015..3000).contains(&code);
    if never || code > 4999 {
        return Err(1002);
    }
    match std::str::from_utf8(&payload[2..]) {
        Ok(_) => Ok(code),
        Err(_) => Err(1007),
    }
}

/// Messages in fragments, with pings and pongs in between: the frames, and what they carry.
fn shaped(pick: &mut Pick<'_>) -> (Vec<u8>, Vec<u8>) {
    let (mut frames, mut carried, mut in_message) = (Vec::new(), Vec::new(), false);
    for _ in 0..pick.below(12) {
        let mask = [pick.byte(), pick.byte(), pick.byte(), pick.byte()];
        let mut payload = pick.bytes(125).to_vec();
        if pick.one_in(4) {
            let opcode = pick.of(&[9, 10]);
            frame(&mut frames, 0x80 | opcode, mask, &payload);
            continue;
        }
        if pick.one_in(8) {
            payload.resize(usize::from(pick.word()) + 65_000, 7);
        }
        let is_last = pick.flag();
        let opcode = if in_message { 0 } else { 2 };
        frame(&mut frames, opcode | if is_last { 0x80 } else { 0 }, mask, &payload);
        in_message = !is_last;
        carried.extend_from_slice(&payload);
    }
    (frames, carried)
}

fn frame(out: &mut Vec<u8>, first: u8, mask: [u8; 4], payload: &[u8]) {
    out.push(first);
    match payload.len() {
        short @ 0..126 => out.push(0x80 | short as u8),
        medium @ 126..65_536 => {
            out.push(0x80 | 126);
            out.extend((medium as u16).to_be_bytes());
        }
        long => {
            out.push(0x80 | 127);
            out.extend((long as u64).to_be_bytes());
        }
    }
    out.extend(mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

/// What is sealed is one whole binary frame, unmasked; nothing leaves behind a Close.
fn seals(data: &[u8]) {
    for times in [1, 40, 600] {
        let data = data.repeat(times);
        let (mut websocket, mut out) = (WebSocket::new(), Vec::new());
        websocket.seal(&data, &mut out);
        if data.is_empty() {
            assert!(out.is_empty());
            continue;
        }
        let mut wanted = Vec::new();
        frame(&mut wanted, 0x82, [0; 4], &data);
        // The same without a mask.
        let mask_at = wanted.len() - data.len() - 4;
        wanted.drain(mask_at..mask_at + 4);
        wanted[1] &= 0x7F;
        assert_eq!(out, wanted);
        websocket.close(1000, &mut out);
        let len = out.len();
        websocket.seal(&data, &mut out);
        assert_eq!(out.len(), len);
    }
}
