// SPDX-License-Identifier: Apache-2.0
//! Segment files after a crash or on a bad disk: any bytes, and good files with damage. The scan
//! never panics, gives every record that is whole and nothing that was not appended.
#![no_main]

use hw_fuzz::segment::{HEADER_BYTES, Segment};
use hw_fuzz::{Noise, Pick};
use hw_kernel::record::batch::ENVELOPE_BYTES;
use hw_log::recovery::{Scan, Tail, scan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    any_bytes(data);
    let mut pick = Pick::new(data);
    let segment = segment(&mut pick);
    let mut file = segment.file.clone();
    check(&segment, &file);
    for _ in 0..8 {
        if pick.is_empty() || file.is_empty() {
            break;
        }
        damage(&mut pick, &mut file);
        check(&segment, &file);
    }
});

/// As a file, and as what follows a good header.
fn any_bytes(data: &[u8]) {
    shape(&scan(data), data);
    let mut file = Segment::new(7, 1 << 33).file;
    file.extend_from_slice(data);
    shape(&scan(&file), &file);
}

/// Every byte behind the header is accounted for once, in order.
fn shape(scan: &Scan, file: &[u8]) {
    let mut parts: Vec<_> = scan.good.iter().chain(&scan.damaged).cloned().collect();
    parts.sort_by_key(|part| part.start);
    let mut at = HEADER_BYTES;
    for part in parts {
        assert!(
            part.start == at && part.end > at && part.end <= file.len(),
            "{scan:?}"
        );
        at = part.end;
    }
    let bytes_in_records: usize = scan
        .records(file)
        .map(|record| ENVELOPE_BYTES + record.body.len())
        .sum();
    assert_eq!(
        bytes_in_records,
        scan.good.iter().map(|run| run.len()).sum::<usize>()
    );
    match scan.tail {
        _ if scan.newer.is_some() || !scan.header_is_good => {}
        Tail::Open => assert_eq!(at, file.len().max(HEADER_BYTES)),
        Tail::Torn(bytes) => assert_eq!(at + bytes as usize, file.len()),
        Tail::Sealed => assert!(file.len() - at >= 52),
    }
}

/// A good file. Bodies are such as a fuzzer can't use to write checksums of its own.
fn segment(pick: &mut Pick<'_>) -> Segment {
    let first = [0, 77, 1 << 33, u64::from(u32::MAX) - 100][pick.below(4)];
    let mut noise = Noise::new(pick.word());
    let mut segment = Segment::new(noise.number() as u32, first);
    let bodies = pick.list(0, 7, |pick| (pick.below(5), pick.byte()));
    for (kind, size) in bodies {
        let size = usize::from(size);
        let body = match kind {
            0 => noise.bytes(size),
            1 => vec![0; size],
            2 => segment.file.clone(),
            3 => claims(&mut noise, size),
            _ => segment
                .records
                .last()
                .map_or(vec![], |last| segment.file[last.clone()].to_vec()),
        };
        segment.push(&body);
    }
    if pick.flag() {
        segment.seal();
    }
    segment
}

/// What looks like the beginning of a record again and again.
fn claims(noise: &mut Noise, size: usize) -> Vec<u8> {
    let length = (noise.number() as u32 % 200).to_le_bytes();
    let claim = [
        &length[..],
        &noise.bytes(4),
        &[1, 0, 1, 0, 0, 0, 0, 0],
        &noise.bytes(28),
    ]
    .concat();
    claim.repeat(1 + size / claim.len())
}

/// What disks and crashes do: bits, sectors, cut ends, pieces in the wrong place.
fn damage(pick: &mut Pick<'_>, file: &mut Vec<u8>) {
    let kind = pick.below(8);
    let start = usize::from(pick.word()) % file.len();
    let length = match pick.below(4) {
        0 => 1,
        1 => usize::from(pick.byte()) + 1,
        2 => 512,
        _ => file.len(),
    };
    let end = (start + length).min(file.len());
    match kind {
        0 | 1 => file[start] ^= 1 << (pick.byte() % 8),
        2 => file[start..end].fill(0),
        3 => {
            let noise = Noise::new(pick.word()).bytes(end - start);
            file[start..end].copy_from_slice(&noise);
        }
        4 => file.truncate(start),
        5 => file.extend(Noise::new(pick.word()).bytes(length.min(600))),
        6 => drop(file.drain(start..end)),
        _ => {
            let piece = file[start..end].to_vec();
            let at = usize::from(pick.word()) % file.len();
            file.splice(at..at, piece);
            file.truncate(1 << 16);
        }
    }
}

/// The records that stand where they were written, whole, and no other.
fn check(segment: &Segment, file: &[u8]) {
    let scan = scan(file);
    shape(&scan, file);
    let header_is_whole = file.get(..HEADER_BYTES) == Some(&segment.file[..HEADER_BYTES]);
    assert_eq!(scan.header_is_good, header_is_whole);
    let found: Vec<_> = scan
        .records(file)
        .map(|record| (record.envelope.trace.sequence, record.body.to_vec()))
        .collect();
    let whole = |range: &std::ops::Range<usize>| {
        file.get(range.clone()) == Some(&segment.file[range.clone()])
    };
    let wanted: Vec<_> = (1..)
        .zip(&segment.records)
        .filter(|(_, range)| header_is_whole && whole(range))
        .map(|(sequence, range)| {
            (
                sequence,
                segment.file[range.start + ENVELOPE_BYTES..range.end].to_vec(),
            )
        })
        .collect();
    assert_eq!(found, wanted);
    assert_eq!(scan.newer, None);
    if file == segment.file {
        assert!(
            scan.damaged.is_empty() && scan.tail != Tail::Torn(0),
            "{scan:?}"
        );
    }
}
