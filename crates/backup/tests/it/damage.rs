// SPDX-License-Identifier: Apache-2.0
//! Damage of every kind is an error, whatever it hits.

use hw_backup::{Archive, ArchiveError, Nowhere};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::house::House;

fn read(archive: &[u8]) -> Result<(), ArchiveError> {
    Archive::open(archive)?.read(&mut Nowhere).map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_cut_and_every_kind_of_flip_is_an_error() {
    let house = House::new().await;
    house.put("lake/x", 700).await;
    let archive = house.archive().await;
    read(&archive).expect("whole");
    assert!(
        read(&[&archive[..], &[0]].concat()).is_err(),
        "something follows"
    );
    let blocks = archive.len() / 512;
    // At and around every block's border; bytes inside by chance.
    for cut in (0..blocks).flat_map(|n| [n * 512, n * 512 + 1, n * 512 + 511]) {
        match read(&archive[..cut]) {
            Err(ArchiveError::Truncated(at)) => assert_eq!(at, cut as u64),
            other => panic!("cut at {cut}: {other:?}"),
        }
    }
    let mut runner = TestRunner::new(ProptestConfig::with_cases(500));
    let flips = runner.run(&(0..archive.len(), 0..8_u8), |(at, bit)| {
        let mut bad = archive.clone();
        bad[at] ^= 1 << bit;
        prop_assert!(read(&bad).is_err(), "byte {} bit {}", at, bit);
        Ok(())
    });
    flips.expect("no flip passes");
    // Every byte of the first two headers and of about.json, and many of the manifest and the end.
    let edges = (0..2_048).chain((archive.len() - 2_560..archive.len()).step_by(5));
    for at in edges {
        let mut bad = archive.clone();
        bad[at] ^= 1 << (at % 8);
        assert!(read(&bad).is_err(), "byte {at}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_that_are_exchanged_doubled_or_left_out_are_an_error() {
    let archive = House::furnished().await.archive().await;
    let blocks: Vec<_> = archive.chunks(512).collect();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(200));
    let span = 0..blocks.len();
    let tried = runner.run(&(0..3_u8, span.clone(), span), |(kind, a, b)| {
        let mut bad = blocks.clone();
        match kind {
            0 => bad.swap(a, b),
            1 => bad.insert(a, blocks[b]),
            _ => drop(bad.remove(a)),
        }
        let bad = bad.concat();
        prop_assert!(
            bad == archive || read(&bad).is_err(),
            "{} {} {}",
            kind,
            a,
            b
        );
        Ok(())
    });
    tried.expect("none passes");
}

proptest! {
    #[test]
    fn any_bytes_are_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..4_096)) {
        prop_assert!(read(&bytes).is_err());
    }
}
