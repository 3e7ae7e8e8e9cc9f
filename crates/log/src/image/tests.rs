// SPDX-License-Identifier: Apache-2.0
//! Finding records behind damage: against trying every byte, and against payloads that look like
//! records.

use hw_kernel::port::log::Stream;
use hw_kernel::record::batch::Batch;
use hw_kernel::testkit::log_suite::envelope;
use proptest::prelude::*;

use super::*;
use crate::sample::{LIFE, PRODUCER, record_at};

fn image(bytes: &[u8], base: u64) -> Image<'_> {
    let salt = LIFE.salt;
    Image { bytes, base, salt }
}

fn record(offset: u64, body: &[u8]) -> Vec<u8> {
    let mut batch = Batch::default();
    let envelope = envelope(Stream::MESSAGES, PRODUCER, 1);
    batch.push(&envelope, |out| out.extend_from_slice(body));
    record_at(batch, offset)
}

fn naive(image: &Image<'_>, from: usize) -> Option<usize> {
    (from..image.bytes.len()).find(|at| matches!(image.look(*at), Found::Record(..)))
}

/// Whatever a device sends, it does not know the salt: a whole log inside a payload is payload.
#[test]
fn a_payload_never_passes_for_a_record() {
    let plain = |bytes: &mut Vec<u8>| {
        let checksum = crc32c::crc32c(&bytes[PREFIX_BYTES..]);
        bytes[4..8].copy_from_slice(&checksum.to_le_bytes());
    };
    let mut unsalted = record(0, b"made up");
    plain(&mut unsalted);
    let elsewhere = record(4_000, b"true, at another place");
    let payload = [&unsalted[..], &elsewhere, &unsalted, &[0; 100]].concat();
    let mut bytes = record(0, &payload);
    let next = bytes.len();
    bytes.extend(record(next as u64, b"behind"));
    assert_eq!(image(&bytes, 0).find_record(1), Some(next));
    bytes[30] ^= 1;
    assert_eq!(image(&bytes, 0).look(0), Found::Bad);
    assert_eq!(image(&bytes, 0).find_record(0), Some(next));
}

/// Each byte claims to begin a record of megabytes: the time stays linear in the bytes.
#[test]
fn claims_of_length_cost_nothing() {
    let claim = {
        let mut claim = record(0, b"");
        claim[..4].copy_from_slice(&(1_u32 << 20).to_le_bytes());
        claim
    };
    let mut bytes = claim.repeat((2 << 20) / claim.len());
    let end = bytes.len();
    bytes.extend(record(end as u64, b"behind"));
    // Summing each claim would read 25 GB.
    assert_eq!(image(&bytes, 0).find_record(0), Some(end));
}

#[test]
fn a_newer_record_is_found_too() {
    let mut bytes = record(50, b"from the future");
    bytes[PREFIX_BYTES] = ENVELOPE_VERSION + 1;
    let sum = checksum(LIFE.salt, 50, &bytes[PREFIX_BYTES..]);
    bytes[4..8].copy_from_slice(&sum.to_le_bytes());
    assert_eq!(
        image(&bytes, 50).look(0),
        Found::Newer(ENVELOPE_VERSION + 1)
    );
    assert_eq!(image(&bytes, 50).find_record(0), Some(0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn finds_what_trying_every_byte_finds(
        junk in proptest::collection::vec(any::<u8>(), 0..200),
        bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..4),
        base in any::<u32>(),
        flip in any::<u16>(),
    ) {
        let base = u64::from(base);
        let mut bytes = junk;
        for body in &bodies {
            let offset = base + bytes.len() as u64;
            bytes.extend(record(offset, body));
        }
        let bits = bytes.len() * 8;
        if let Some(bit) = usize::from(flip).checked_rem(bits) {
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        let image = image(&bytes, base);
        for from in [0, 1, 63, 64, 65, bytes.len() / 2] {
            prop_assert_eq!(image.find_record(from), naive(&image, from));
        }
    }
}
