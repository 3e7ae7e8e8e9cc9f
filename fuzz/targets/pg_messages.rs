// SPDX-License-Identifier: Apache-2.0
//! Bytes of a PostgreSQL client, from its startup packet on: what is let through to the library is
//! decoded without a panic, message by message, and no message reaches into the next. The checks
//! are taken in by path: the engine behind them need not be built with sanitizers.
#![no_main]

#[path = "../../crates/query/src/wire/frames.rs"]
mod frames;

use bytes::{Buf, BytesMut};
use frames::{FrameError, Frames, is_startup};
use hw_fuzz::Pick;
use libfuzzer_sys::fuzz_target;
use pgwire::messages::{DecodeContext, PgWireFrontendMessage};

/// As for strangers, who say what the server has to bear.
const BYTES_MAX: usize = 10_000;

fuzz_target!(|data: &[u8]| {
    startup(data);
    stream(data);
    let mut pick = Pick::new(data);
    let shaped = shaped(&mut pick);
    stream(&shaped);
});

/// A startup packet that passes is read whole.
fn startup(body: &[u8]) {
    let mut packet = BytesMut::new();
    packet.extend_from_slice(&(body.len() as u32 + 8).to_be_bytes());
    packet.extend_from_slice(b"\0\x03\0\0");
    packet.extend_from_slice(body);
    if packet.len() > BYTES_MAX || !is_startup(&packet) {
        return;
    }
    let mut context = DecodeContext::default();
    context.awaiting_frontend_ssl = false;
    let read = PgWireFrontendMessage::decode(&mut packet, &context).expect("a startup packet");
    assert!(matches!(read, Some(PgWireFrontendMessage::Startup(_))));
    assert!(packet.is_empty(), "{packet:?}");
}

/// Bytes behind the startup packet: cut anywhere they are judged the same, and the library reads
/// each good message to its end and no further.
fn stream(bytes: &[u8]) {
    let mut whole = Frames::new(BYTES_MAX);
    let told = whole.feed(bytes);
    for size in [1, 3, 7] {
        let (mut cut, mut seen, mut found) = (Frames::new(BYTES_MAX), 0, Ok(()));
        for part in bytes.chunks(size) {
            if let Err((good, error)) = cut.feed(part) {
                found = Err((seen + good, error));
                break;
            }
            seen += part.len();
        }
        assert_eq!(found.map_err(|(_, e)| e), told.map_err(|(_, e)| e));
        assert!(found.is_ok() == told.is_ok() && cut.have == whole.have);
    }
    let good = match told {
        Ok(()) => bytes.len(),
        Err((good, FrameError::TooLong(_) | FrameError::NotTheProtocol)) => good,
    };
    let mut context = DecodeContext::default();
    context.awaiting_frontend_ssl = false;
    context.awaiting_frontend_startup = false;
    let mut rest = BytesMut::from(&bytes[..good]);
    while let Some(length) = rest.get(1..5).map(|mut length| length.get_u32() as usize) {
        if rest.len() < length + 1 {
            assert!(told.is_ok() && whole.have > 0, "a message is cut");
            let read = PgWireFrontendMessage::decode(&mut rest, &context);
            assert!(matches!(read, Ok(None)), "{read:?}");
            break;
        }
        let behind = rest.len() - length - 1;
        match PgWireFrontendMessage::decode(&mut rest, &context) {
            Ok(Some(message)) => {
                assert_eq!(rest.len(), behind, "{message:?}");
                comes_back(message, &context);
            }
            other => panic!("{other:?}"),
        }
    }
}

/// What was decoded and is encoded again passes, and decodes to the same.
fn comes_back(message: PgWireFrontendMessage, context: &DecodeContext) {
    let mut again = BytesMut::new();
    if message.encode(&mut again).is_err() {
        // Bytes that are no UTF-8 grow, perhaps beyond the limit.
        return;
    }
    assert_eq!(Frames::new(4 * BYTES_MAX).feed(&again), Ok(()), "{message:?}");
    let read = PgWireFrontendMessage::decode(&mut again, context);
    let read = read.expect("was encoded").expect("is whole");
    assert_eq!(format!("{read:?}"), format!("{message:?}"));
}

/// Messages whose parts are mostly what they say.
fn shaped(pick: &mut Pick<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..4 {
        if pick.is_empty() {
            break;
        }
        let kind = b"QpfPBDCESHXcd"[pick.below(13)];
        let mut body = Vec::new();
        match kind {
            b'P' => {
                text(pick, &mut body);
                text(pick, &mut body);
                each(pick, &mut body, 4);
            }
            b'B' => {
                text(pick, &mut body);
                text(pick, &mut body);
                each(pick, &mut body, 2);
                values(pick, &mut body);
                each(pick, &mut body, 2);
            }
            b'D' | b'C' => {
                body.push(pick.byte());
                text(pick, &mut body);
            }
            b'E' => {
                text(pick, &mut body);
                body.extend([0, 0, pick.byte(), pick.byte()]);
            }
            b'Q' | b'p' | b'f' | b'd' => text(pick, &mut body),
            _ => {}
        }
        let lie = match pick.below(8) {
            0 => pick.below(9) as i64 - 4,
            _ => 0,
        };
        out.push(kind);
        out.extend((body.len() as i64 + 4 + lie).to_be_bytes()[4..].iter());
        out.extend(body);
    }
    out
}

fn text(pick: &mut Pick<'_>, out: &mut Vec<u8>) {
    out.extend((0..pick.below(5)).map(|_| pick.byte().max(1)));
    if pick.below(16) > 0 {
        out.push(0);
    }
}

fn count(pick: &mut Pick<'_>, out: &mut Vec<u8>) -> usize {
    let count = pick.below(4);
    let told = match pick.below(16) {
        0 => pick.word(),
        _ => count as u16,
    };
    out.extend(told.to_be_bytes());
    count
}

fn each(pick: &mut Pick<'_>, out: &mut Vec<u8>, size: usize) {
    for _ in 0..count(pick, out) * size {
        out.push(pick.byte());
    }
}

fn values(pick: &mut Pick<'_>, out: &mut Vec<u8>) {
    for _ in 0..count(pick, out) {
        let length = pick.below(5);
        let told = match pick.below(8) {
            0 => -1,
            1 => i32::from(pick.byte()) - 128,
            _ => length as i32,
        };
        out.extend(told.to_be_bytes());
        if told >= 0 {
            out.extend((0..length).map(|_| pick.byte()));
        }
    }
}
