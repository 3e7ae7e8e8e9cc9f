// SPDX-License-Identifier: Apache-2.0
//! Sealed and opened again, and everything that can be done to a sealed file in between.

use std::io::{Read, Write};

use super::*;
use crate::error::ArchiveError;

/// Quick to make a key with.
const WEAK: u8 = 2;

fn sealed(plain: &[u8]) -> Vec<u8> {
    let mut sealer = Sealer::with_work_factor(Vec::new(), b"river", WEAK).expect("begun");
    sealer.write_all(plain).expect("written");
    sealer.finish().expect("finished")
}

fn opened(file: &[u8], passphrase: &[u8]) -> Result<Vec<u8>, ArchiveError> {
    let mut plain = Vec::new();
    let mut opener = Opener::new(file, passphrase)?;
    opener.read_to_end(&mut plain)?;
    Ok(plain)
}

fn text(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n % 251) as u8).collect()
}

#[test]
fn any_length_comes_back() {
    for length in [
        0,
        1,
        CHUNK_BYTES - 1,
        CHUNK_BYTES,
        CHUNK_BYTES + 1,
        3 * CHUNK_BYTES,
    ] {
        let file = sealed(&text(length));
        assert!(is_sealed(&file));
        assert_eq!(
            opened(&file, b"river").expect("opens"),
            text(length),
            "{length}"
        );
    }
}

#[test]
fn a_wrong_passphrase_is_told_from_damage() {
    let mut file = sealed(&text(100));
    let wrong = opened(&file, b"brook").expect_err("wrong");
    assert!(matches!(wrong, ArchiveError::WrongPassphrase), "{wrong}");
    let last = file.len() - 1;
    file[last] ^= 1;
    let damaged = opened(&file, b"river").expect_err("damaged");
    assert!(matches!(damaged, ArchiveError::Damaged(_)), "{damaged}");
}

#[test]
fn every_flipped_bit_and_every_cut_shows() {
    let file = sealed(&text(40));
    for bit in 0..file.len() * 8 {
        let mut bad = file.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(opened(&bad, b"river").is_err(), "bit {bit}");
    }
    for cut in 0..file.len() {
        assert!(opened(&file[..cut], b"river").is_err(), "cut at {cut}");
    }
    assert!(opened(&[&file[..], b"x"].concat(), b"river").is_err());
}

#[test]
fn chunks_in_another_order_do_not_open() {
    const SEALED: usize = CHUNK_BYTES + TAG_BYTES;
    let file = sealed(&text(4 * CHUNK_BYTES + 5));
    let start = file.len() - 4 * SEALED - 5 - TAG_BYTES;
    let chunk = |n: usize| file[start + n * SEALED..].get(..SEALED).unwrap_or(&[]);
    let last = &file[start + 4 * SEALED..];
    let with = |chunks: &[&[u8]]| [&file[..start], &chunks.concat()].concat();
    let as_it_was = with(&[chunk(0), chunk(1), chunk(2), chunk(3), last]);
    assert!(opened(&as_it_was, b"river").is_ok());
    let swapped = with(&[chunk(0), chunk(2), chunk(1), chunk(3), last]);
    let missing = with(&[chunk(0), chunk(1), chunk(3), last]);
    let doubled = with(&[chunk(0), chunk(1), chunk(1), chunk(2), chunk(3), last]);
    for bad in [swapped, missing, doubled] {
        let error = opened(&bad, b"river").expect_err("not in order");
        assert!(matches!(error, ArchiveError::Damaged(_)), "{error}");
    }
    let cut = with(&[chunk(0), chunk(1)]);
    let error = opened(&cut, b"river").expect_err("cut");
    assert!(matches!(error, ArchiveError::Truncated(_)), "{error}");
}

#[test]
fn a_key_that_would_take_all_memory_is_not_made() {
    let file = sealed(b"x");
    let text = String::from_utf8_lossy(&file).into_owned();
    let at = text.find(" 2\n").expect("the work factor");
    let heavy = [&file[..at], b" 40", &file[at + 2..]].concat();
    let error = opened(&heavy, b"river").expect_err("refused");
    assert!(matches!(error, ArchiveError::WorkFactor(40)), "{error}");
}
