// SPDX-License-Identifier: Apache-2.0
//! Scanning what is damaged at every byte, and bytes that are no log at all.

use proptest::prelude::*;

use super::*;
use crate::sample::{LIFE, Sample, sample};

const BODIES: [&[u8]; 5] = [
    b"one",
    b"",
    b"three, and longer than the others",
    b"4",
    b"five",
];

fn sequences(scan: &Scan, file: &[u8]) -> Vec<u64> {
    let records = scan.records(file);
    records.map(|r| r.envelope.trace.sequence).collect()
}

fn samples() -> [Sample; 2] {
    [sample(1 << 33, &BODIES), sample(77, &BODIES).sealed()]
}

#[test]
fn a_good_file() {
    for (sample, tail) in samples().into_iter().zip([Tail::Open, Tail::Sealed]) {
        let scan = scan(&sample.file);
        assert_eq!(sequences(&scan, &sample.file), [1, 2, 3, 4, 5]);
        assert_eq!((scan.header_is_good, &scan.tail), (true, &tail));
        assert!(scan.damaged.is_empty() && scan.good.len() == 1);
    }
}

/// Cut anywhere: whole records before the cut, the rest is torn.
#[test]
fn cut_at_every_byte() {
    for sample in samples() {
        for cut in 0..sample.file.len() {
            let file = &sample.file[..cut];
            let scan = scan_as(file, LIFE, sample.first);
            let whole = sample.outside(&(cut..usize::MAX));
            assert_eq!(sequences(&scan, file), whole, "{cut}");
            assert!(
                scan.damaged.is_empty() && scan.tail != Tail::Sealed,
                "{cut}"
            );
            let rest = cut.saturating_sub(scan.end());
            let tail = if rest == 0 {
                Tail::Open
            } else {
                Tail::Torn(rest as u64)
            };
            assert_eq!(scan.tail, tail, "{cut}");
        }
    }
}

/// Any bit flipped: every record but the one that has it, in order.
#[test]
fn flipped_at_every_bit() {
    for sample in samples() {
        let records_end = sample.records[BODIES.len() - 1].1.end;
        for bit in 0..sample.file.len() * 8 {
            let (at, mut file) = (bit / 8, sample.file.clone());
            file[at] ^= 1 << (bit % 8);
            let scan = scan_as(&file, LIFE, sample.first);
            let whole = sample.outside(&(at..at + 1));
            assert_eq!(sequences(&scan, &file), whole, "{bit}");
            assert_eq!(scan.header_is_good, at >= HEADER_BYTES, "{bit}");
            let is_last = sample.records[BODIES.len() - 1].1.contains(&at);
            let is_open = !is_last && at < records_end && sample.file.len() == records_end;
            assert!(
                !is_open || scan.tail == Tail::Open,
                "{bit}: what follows makes it a middle"
            );
            assert_eq!(
                scan.damaged.len(),
                usize::from(whole.len() < 5 && !(is_last && scan.tail != Tail::Sealed)),
                "{bit}"
            );
        }
    }
}

/// A block of zeros anywhere, as a disk leaves where it did not write.
#[test]
fn zeros_anywhere() {
    for sample in samples() {
        for start in HEADER_BYTES..sample.file.len() {
            for length in [1, 8, 50, 200] {
                let end = (start + length).min(sample.file.len());
                let mut file = sample.file.clone();
                file[start..end].fill(0);
                let is_same = file == sample.file;
                let damaged = if is_same { 0..0 } else { start..end };
                let scan = scan_as(&file, LIFE, sample.first);
                let found = sequences(&scan, &file);
                let at_least = sample.outside(&damaged);
                assert!(found.iter().all(|sequence| (1..=5).contains(sequence)));
                assert!(found.is_sorted() && at_least.iter().all(|s| found.contains(s)));
                for record in scan.records(&file) {
                    let n = record.envelope.trace.sequence as usize - 1;
                    assert_eq!(record.body, BODIES[n], "nothing is made up");
                }
            }
        }
    }
}

#[test]
fn a_newer_release_is_named() {
    let mut file = sample(0, &BODIES).file;
    file[8..12].copy_from_slice(&9_u32.to_le_bytes());
    let checksum = crc32c::crc32c(&file[..60]);
    file[60..64].copy_from_slice(&checksum.to_le_bytes());
    assert_eq!(scan(&file).newer, Some(9));
}

/// A seal that was right for a shorter file does not speak for what was put before it.
#[test]
fn a_seal_must_fit() {
    let sealed = sample(0, &BODIES).sealed().file;
    let open = sample(0, &BODIES).file;
    let strange = [&open[..], b"x", &sealed[open.len()..]].concat();
    let scan = scan(&strange);
    assert!(matches!(scan.tail, Tail::Torn(_)));
    assert_eq!(sequences(&scan, &strange), [1, 2, 3, 4, 5]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Any bytes, behind a good header or not: no panic, no record.
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400), first in any::<u64>()) {
        prop_assert_eq!(scan(&bytes).records(&bytes).count(), 0);
        let mut file = sample(0, &[]).file;
        file.extend(&bytes);
        prop_assert_eq!(scan(&file).records(&file).count(), 0);
        prop_assert_eq!(scan_as(&bytes, LIFE, first).records(&bytes).count(), 0);
    }

    /// Pieces of a log in any order, with junk between: only what is at its own place counts.
    #[test]
    fn shuffled_pieces(cuts in proptest::collection::vec((0..1_000_usize, 0..1_000_usize), 0..8)) {
        let sample = sample(500, &BODIES);
        let mut file = sample.file[..HEADER_BYTES].to_vec();
        for (start, length) in cuts {
            let start = start % sample.file.len();
            let end = (start + length).min(sample.file.len());
            file.extend(&sample.file[start..end]);
        }
        let scan = scan_as(&file, LIFE, 500);
        for record in scan.records(&file) {
            let sequence = record.envelope.trace.sequence;
            let (_, range) = &sample.records[sequence as usize - 1];
            prop_assert_eq!(&file[range.clone()], &sample.file[range.clone()]);
        }
    }
}
