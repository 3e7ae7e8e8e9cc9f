// SPDX-License-Identifier: Apache-2.0
//! Keys made ahead by the worker, given once each, and made at once when none is ready.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use hw_identity::device_key::KeyType;
use hw_identity::key_pool::{KEYS_AT_START, KeyMaker, KeyPool, REST_UNASKED};
use hw_kernel::Clock;
use hw_kernel::shutdown::channel;
use hw_kernel::testkit::clock::SimulatedClock;
use hw_kernel::worker::Worker;
use hw_model::Timestamp;

use crate::{ACCOUNT, house};

#[tokio::test]
async fn the_worker_fills_the_pool_and_each_key_is_given_once() {
    let house = house().await;
    let pool = Arc::new(KeyPool::new(KeyType::Rsa2048));
    let maker = Arc::new(KeyMaker::new(pool.clone(), house.clock.clone()));
    assert_eq!(maker.status().name, "identity.keys");
    let (end, shutdown) = channel();
    let work = tokio::spawn({
        let maker = maker.clone();
        async move { maker.run(shutdown).await }
    });
    let rested = async || {
        let rest = Duration::from_millis(20);
        house.clock.sleep(rest).await;
    };
    while maker.status().state != "idle" {
        rested().await;
    }
    assert_eq!(pool.ready(), KEYS_AT_START, "nobody has asked yet");
    let mut seen = HashSet::new();
    for _ in 0..4 {
        let key = pool.take().await.expect("a key");
        assert!(seen.insert(key.public_pem.clone()), "the same key twice");
    }
    while pool.ready() <= KEYS_AT_START {
        rested().await;
    }
    let status = maker.status();
    assert!(
        status.lag.contains("of 64 keys to make"),
        "now it is filled: {status:?}"
    );
    end.begin();
    work.await.expect("ended");
    assert_eq!(maker.status().state, "ended");
}

#[tokio::test]
async fn a_server_that_nobody_asks_fills_it_slowly() {
    let clock = SimulatedClock::at(Timestamp(1));
    let pool = Arc::new(KeyPool::new(KeyType::Rsa2048));
    let maker = Arc::new(KeyMaker::new(pool.clone(), Arc::new(clock.clone())));
    let (end, shutdown) = channel();
    let work = tokio::spawn({
        let maker = maker.clone();
        async move { maker.run(shutdown).await }
    });
    let idle_with = async |keys: usize, step: Duration| {
        while pool.ready() < keys || maker.status().state != "idle" {
            assert!(pool.ready() <= keys, "in haste");
            tokio::time::sleep(Duration::from_millis(5)).await;
            clock.advance(step);
        }
    };
    idle_with(KEYS_AT_START, Duration::from_millis(100)).await;
    for more in 1..=2 {
        let (before, second) = (clock.monotonic(), Duration::from_secs(1));
        idle_with(KEYS_AT_START + more, second).await;
        assert!(clock.monotonic() - before + second >= REST_UNASKED);
    }
    end.begin();
    work.await.expect("ended");
}

#[tokio::test]
async fn p256_by_a_setting() {
    let house = house().await;
    let identity = house.identity.clone();
    let identity = identity.with_keys(Arc::new(KeyPool::new(KeyType::P256)));
    let made = identity
        .create_keys_and_certificate(ACCOUNT, &house.authority, true)
        .await
        .expect("made");
    assert!(
        made.private_key_pem
            .starts_with("-----BEGIN EC PRIVATE KEY-----")
    );
    let pem = x509_parser::pem::parse_x509_pem(made.certificate.pem.as_bytes());
    let der = pem.expect("PEM").1.contents;
    let certificate = x509_parser::parse_x509_certificate(&der).expect("parsed").1;
    assert!(made.public_key_pem.contains("PUBLIC KEY"));
    assert_eq!(certificate.public_key().subject_public_key.data.len(), 65);
}
