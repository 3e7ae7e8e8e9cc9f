// SPDX-License-Identifier: Apache-2.0
//! Look-ups after a handshake, refusals with causes, and what a change marks stale.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hw_fleet::Fleet;
use hw_fleet::principals::Attachment;
use hw_identity::certificates::{CreatedCertificate, id_of};
use hw_kernel::admission::Principal;
use hw_kernel::{Admission, Refusal};

use crate::{ACCOUNT, House, elsewhere, house};

const ALLOW_ALL: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"iot:*","Resource":"*"}]}"#;

pub(crate) fn der(made: &CreatedCertificate) -> Vec<u8> {
    let pem = x509_parser::pem::parse_x509_pem(made.certificate.pem.as_bytes());
    pem.expect("PEM").1.contents
}

pub(crate) async fn ask(house: &House, der: &[u8]) -> Result<Arc<Principal>, Refusal> {
    let (directory, der) = (house.directory.clone(), der.to_vec());
    elsewhere(move || directory.by_certificate(&der, None)).await
}

#[tokio::test]
async fn a_certificate_is_known_by_its_hash_and_refused_by_its_status() {
    let house = house().await;
    let identity = &house.identity;
    let made = identity
        .create_keys_and_certificate(ACCOUNT, &house.authority, false)
        .await;
    let made = made.expect("a certificate");
    let der = der(&made);
    assert_eq!(id_of(&der), made.certificate.id);
    assert_eq!(
        made.certificate.not_after.seconds_f64(),
        2_524_607_999.0,
        "the end of 2049"
    );
    let refusal = ask(&house, &der).await.expect_err("inactive");
    assert_eq!(refusal.cause, "certificate INACTIVE");
    identity
        .set_certificate_status(ACCOUNT, made.certificate.id, "ACTIVE")
        .await
        .expect("set");
    let principal = ask(&house, &der).await.expect("active");
    assert!(principal.policies.is_empty() && principal.things.is_empty());
    identity
        .set_certificate_status(ACCOUNT, made.certificate.id, "REVOKED")
        .await
        .expect("set");
    assert!(principal.is_stale());
    assert_eq!(
        ask(&house, &der).await.expect_err("revoked").cause,
        "certificate REVOKED"
    );
    let other = identity.set_certificate_status(ACCOUNT, made.certificate.id, "PENDING_TRANSFER");
    assert!(other.await.is_err());
}

#[tokio::test]
async fn strangers_are_refused_with_a_cause() {
    let house = house().await;
    let key = rcgen::KeyPair::generate().expect("a key");
    let stranger = rcgen::CertificateParams::default()
        .self_signed(&key)
        .expect("signed");
    let refusal = ask(&house, stranger.der()).await.expect_err("unknown");
    assert_eq!(refusal.cause, "certificate unknown");
    assert_eq!(refusal.principal, Some(id_of(stranger.der()).to_string()));
    assert!(ask(&house, b"no certificate").await.is_err());
    let directory = house.directory.clone();
    assert!(elsewhere(move || directory.anonymous()).await.is_err());
}

#[tokio::test]
async fn every_change_marks_whom_it_touches_and_wakes_the_shards() {
    let house = house().await;
    let identity = &house.identity;
    let fleet = Fleet::new(
        house.catalog.clone(),
        house.clock.clone(),
        house.directory.clone(),
    );
    let make = || identity.create_keys_and_certificate(ACCOUNT, &house.authority, true);
    let (one, two) = (make().await.expect("made"), make().await.expect("made"));
    let bystander = ask(&house, &der(&two)).await.expect("active");
    let wakes = Arc::new(AtomicUsize::new(0));
    let counted = wakes.clone();
    house.directory.on_change(Box::new(move || {
        counted.fetch_add(1, Ordering::SeqCst);
    }));
    identity
        .create_policy(ACCOUNT, "all", ALLOW_ALL)
        .await
        .expect("a policy");
    fleet
        .create_thing(ACCOUNT, "meter", Default::default())
        .await
        .expect("a thing");
    let id = one.certificate.id;
    let der = der(&one);
    for step in [
        "attach policy",
        "attach thing",
        "detach thing",
        "detach policy",
    ] {
        let before = ask(&house, &der).await.expect("active");
        assert!(!before.is_stale(), "before {step}");
        let woken = wakes.load(Ordering::SeqCst);
        match step {
            "attach policy" => identity
                .attach_policy(ACCOUNT, "all", id)
                .await
                .expect(step),
            "detach policy" => identity
                .detach_policy(ACCOUNT, "all", id)
                .await
                .expect(step),
            "attach thing" => fleet
                .attach_principal(ACCOUNT, "meter", id, Attachment::NonExclusive)
                .await
                .expect(step),
            _ => fleet
                .detach_principal(ACCOUNT, "meter", id)
                .await
                .expect(step),
        }
        assert!(
            before.is_stale() && wakes.load(Ordering::SeqCst) > woken,
            "after {step}"
        );
        let directory = house.directory.clone();
        let now = elsewhere(move || directory.current(&before))
            .await
            .expect("active");
        assert_eq!(now.policies.is_empty(), step == "detach policy", "{step}");
        assert_eq!(
            now.things.len(),
            usize::from(step == "attach thing"),
            "{step}"
        );
    }
    assert!(!bystander.is_stale());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn look_ups_at_once_give_one_principal_that_a_change_marks() {
    let house = house().await;
    let mut unmarked = 0;
    for _ in 0..10 {
        let made = house
            .identity
            .create_keys_and_certificate(ACCOUNT, &house.authority, true)
            .await
            .expect("made");
        let der = der(&made);
        let asks = (0..4).map(|_| {
            let (directory, der) = (house.directory.clone(), der.clone());
            std::thread::spawn(move || directory.by_certificate(&der, None).expect("active"))
        });
        let asks: Vec<_> = asks.collect();
        let held: Vec<_> = tokio::task::spawn_blocking(move || {
            asks.into_iter()
                .map(|t| t.join().expect("ran"))
                .collect::<Vec<_>>()
        })
        .await
        .expect("ran");
        house
            .identity
            .set_certificate_status(ACCOUNT, made.certificate.id, "REVOKED")
            .await
            .expect("set");
        unmarked += held.iter().filter(|p| !p.is_stale()).count();
    }
    assert_eq!(unmarked, 0, "of 40 held principals");
}
