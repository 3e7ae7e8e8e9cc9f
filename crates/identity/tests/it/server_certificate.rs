// SPDX-License-Identifier: Apache-2.0
//! The CA stays, the server's certificate follows the names and is never let run out.

use std::sync::Arc;
use std::time::Duration;

use hw_identity::renewal::Renewal;
use hw_identity::server_certificate::FORMER_NAMES_MAX;
use hw_kernel::testkit::clock::SimulatedClock;
use hw_kernel::worker::Worker;
use hw_kernel::{Clock, shutdown};
use hw_model::Timestamp;
use parking_lot::Mutex;

use crate::{house, house_with};

#[tokio::test]
async fn made_once_and_anew_when_the_names_change() {
    let house = house().await;
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    let local = names(&["localhost", "127.0.0.1", "::1"]);
    let first = house
        .identity
        .server_certificate(&house.authority, &local)
        .await
        .expect("made");
    let again = house.identity.authority().await.expect("read again");
    assert_eq!(again.certificate_pem, house.authority.certificate_pem);
    let same = house
        .identity
        .server_certificate(&again, &local)
        .await
        .expect("read");
    assert_eq!(same.chain_pem, first.chain_pem);
    let public = names(&["hw.example", "localhost", "127.0.0.1", "::1"]);
    let other = house
        .identity
        .server_certificate(&again, &public)
        .await
        .expect("made");
    assert_ne!(other.chain_pem, first.chain_pem);
    // A name that goes is no reason to make another, nor to turn away who still uses it.
    let fewer = house.identity.server_certificate(&again, &local).await;
    assert_eq!(fewer.expect("read").chain_pem, other.chain_pem);
    let moved = names(&["hw.example", "localhost", "192.0.2.9"]);
    let moved = house.identity.server_certificate(&again, &moved).await;
    assert_eq!(
        moved.expect("made").names(),
        ["127.0.0.1", "192.0.2.9", "::1", "hw.example", "localhost"]
    );
}

#[tokio::test]
async fn former_names_are_bounded() {
    let house = house().await;
    for lease in 0..40 {
        let names = ["hw.example".to_owned(), format!("192.0.2.{lease}")];
        let made = house
            .identity
            .server_certificate(&house.authority, &names)
            .await
            .expect("made");
        assert!(made.covers(&names));
        assert!(made.names().len() <= 2 + FORMER_NAMES_MAX);
        assert_eq!(
            made.covers(&["192.0.2.0".to_owned()]),
            lease <= 24,
            "{lease}"
        );
    }
}

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn made_anew_while_the_server_runs_thirty_days_before_its_end() {
    // Noon of 24 November 2026.
    let clock = SimulatedClock::at(Timestamp(1_795_521_600_000_000));
    let house = house_with(Arc::new(clock.clone())).await;
    let names = vec!["hw.example".to_owned()];
    let made = house.identity.server_certificate(&house.authority, &names);
    let first = made.await.expect("made");
    let (first_chain, first_end) = (first.chain_pem.clone(), first.not_after);
    let shown = Arc::new(Mutex::new(Vec::new()));
    let doors = Arc::clone(&shown);
    let wanted = Arc::new(Mutex::new(names.clone()));
    let renewal = Arc::new(Renewal::new(
        house.identity.clone(),
        Box::new({
            let wanted = Arc::clone(&wanted);
            move || wanted.lock().clone()
        }),
        first,
        Box::new(move |certificate| {
            // The first try fails: it is tried again.
            let mut shown = doors.lock();
            shown.push(certificate.chain_pem.clone());
            if shown.len() == 1 {
                Err("no".to_owned())
            } else {
                Ok(())
            }
        }),
    ));
    let (closing, receiver) = shutdown::channel();
    let running = tokio::spawn({
        let renewal = Arc::clone(&renewal);
        async move { renewal.run(receiver).await }
    });
    let until = async |what: &str, lag: &str| {
        loop {
            let status = renewal.status();
            if status.state == what && status.lag == lag {
                return status;
            }
            tokio::task::yield_now().await;
        }
    };
    until("idle", "397 days left").await;
    clock.advance(366 * DAY);
    until("idle", "31 days left").await;
    assert!(shown.lock().is_empty());
    clock.advance(2 * DAY);
    let failing = until("failing", "29 days left").await;
    assert_eq!(failing.last_error.as_deref(), Some("no"));
    assert_eq!(renewal.not_after(), first_end);
    clock.advance(Duration::from_secs(60));
    until("idle", "396 days left").await;
    let last = shown.lock().last().cloned().expect("shown");
    assert_ne!(last, first_chain);
    assert!(renewal.not_after() > first_end);
    let kept = house.identity.server_certificate(&house.authority, &names);
    assert_eq!(
        kept.await.expect("read").chain_pem,
        last,
        "the next start shows it, too"
    );
    assert!(clock.now() < renewal.not_after());
    // The machine moves to another address: it is in the certificate within a minute.
    wanted.lock().push("192.0.2.7".to_owned());
    clock.advance(Duration::from_secs(60));
    while shown.lock().len() < 3 {
        tokio::task::yield_now().await;
    }
    let text = hw_identity::certificate_text::read(&renewal.chain_pem()).expect("read");
    assert_eq!(text.names, ["192.0.2.7", "hw.example"]);
    closing.begin();
    running.await.expect("ends");
}
