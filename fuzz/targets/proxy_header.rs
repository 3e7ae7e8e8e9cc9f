// SPDX-License-Identifier: Apache-2.0
//! What a listed proxy says first: read the same however it is cut and whatever comes behind; a
//! good header gives the address in it, and none once its beginning is changed. Taken in by path:
//! what is around it in the gateway need not be built with sanitizers.
#![no_main]

#[path = "../../crates/gateway/src/proxy.rs"]
#[allow(dead_code, unused_imports)]
mod proxy;

use std::net::{IpAddr, SocketAddr};

use hw_fuzz::Pick;
use libfuzzer_sys::fuzz_target;
use proxy::parse;

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

fuzz_target!(|data: &[u8]| {
    cut(data);
    let mut behind = SIGNATURE.to_vec();
    behind.extend_from_slice(data);
    cut(&behind);
    shaped(&mut Pick::new(data));
});

/// Judged once, it stays judged: as good from its last byte on, as bad from the first wrong one.
fn cut(bytes: &[u8]) {
    let mut told = None;
    for end in 0..=bytes.len() {
        let found = parse(&bytes[..end]);
        if let Some(told) = &told {
            assert_eq!(&found, told, "after {end} bytes");
        } else if !matches!(found, Ok(None)) {
            if let Ok(Some(header)) = &found {
                assert_eq!(header.bytes, end, "not a byte too many, nor too few");
            }
            told = Some(found);
        }
    }
}

fn shaped(pick: &mut Pick<'_>) {
    let is_v6 = pick.flag();
    let mut octets = [0; 16];
    octets.fill_with(|| pick.byte());
    let port = pick.word();
    let ip = if is_v6 {
        IpAddr::from(octets).to_canonical()
    } else {
        IpAddr::from([octets[0], octets[1], octets[2], octets[3]])
    };
    let size = if is_v6 { 16 } else { 4 };
    let is_local = pick.one_in(8);
    let mut rest = octets[..size].to_vec();
    rest.extend(vec![pick.byte(); size]);
    rest.extend(port.to_be_bytes());
    rest.extend(pick.word().to_be_bytes());
    rest.extend_from_slice(pick.bytes(200));
    let mut header = SIGNATURE.to_vec();
    header.push(if is_local { 0x20 } else { 0x21 });
    header.push(if is_v6 { 0x21 } else { 0x11 });
    header.extend((rest.len() as u16).to_be_bytes());
    header.extend(rest);
    let whole = header.len();
    header.extend_from_slice(pick.bytes(50));
    cut(&header);
    let found = parse(&header).expect("good").expect("whole");
    let source = (!is_local).then(|| SocketAddr::from((ip, port)));
    assert_eq!((found.bytes, found.source), (whole, source));
    let (at, bit) = (pick.below(13), 1 << pick.below(8));
    header[at] ^= bit;
    // PROXY and LOCAL are one bit apart.
    let still = at == 12 && bit == 1;
    assert_eq!(parse(&header).is_ok(), still);
}
