// SPDX-License-Identifier: Apache-2.0
//! Headers whole, cut and wrong.

use proptest::prelude::*;

use super::*;

fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let mut out = SIGNATURE.to_vec();
    out.extend([command, family]);
    out.extend((rest.len() as u16).to_be_bytes());
    out.extend_from_slice(rest);
    out
}

const V4: [u8; 12] = [192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x34, 0, 80];

#[test]
fn who_is_behind_it() {
    let source = |bytes: &[u8]| parse(bytes).expect("good").expect("whole").source;
    let v4 = header(0x21, 0x11, &[&V4[..], b"\x04\x00\x01x"].concat());
    assert_eq!(source(&v4), "192.0.2.7:4660".parse().ok());
    let mut v6 = [0; 36];
    v6[..16].copy_from_slice(&"2001:db8::9".parse::<Ipv6Addr>().expect("v6").octets());
    v6[33] = 99;
    assert_eq!(
        source(&header(0x21, 0x21, &v6)),
        "[2001:db8::9]:99".parse().ok()
    );
    assert_eq!(source(&header(0x20, 0, b"")), None);
    assert_eq!(source(&header(0x20, 0x11, &V4)), None);
}

#[test]
fn what_is_wrong_is_refused_at_once() {
    for bad in [
        b"GET / HTTP/1.1".to_vec(),
        vec![0x16, 3, 1],
        b"PROXY TCP4 1.2.3.4".to_vec(),
        header(0x11, 0x11, &V4),
        header(0x22, 0x11, &V4),
        header(0x21, 0x12, &V4),
        header(0x21, 0x31, &[0; 216]),
        header(0x21, 0x00, b""),
        header(0x21, 0x11, &V4[..11]),
        header(0x21, 0x21, &[0; 35]),
        header(0x21, 0x11, &[0; REST_BYTES_MAX + 1]),
    ] {
        assert!(parse(&bad).is_err(), "{bad:02x?}");
    }
}

proptest! {
    #[test]
    fn cut_anywhere_it_waits(more in prop::collection::vec(any::<u8>(), 0..300), behind in any::<[u8; 8]>()) {
        let whole = header(0x21, 0x11, &[&V4[..], &more].concat());
        for cut in 0..whole.len() {
            prop_assert_eq!(parse(&whole[..cut]), Ok(None));
        }
        let bytes = whole.len();
        let found = parse(&[whole, behind.to_vec()].concat()).expect("good").expect("whole");
        prop_assert_eq!(found.bytes, bytes);
    }

    #[test]
    fn garbage_makes_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..64), signed in any::<bool>()) {
        let bytes = if signed { [&SIGNATURE[..], &bytes].concat() } else { bytes };
        if let Ok(Some(found)) = parse(&bytes) {
            prop_assert!(found.bytes <= bytes.len());
        }
    }
}
