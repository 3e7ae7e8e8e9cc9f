// SPDX-License-Identifier: Apache-2.0
//! Each step before the end of a certificate is told once, however often the server starts.

use std::sync::Arc;
use std::time::Duration;

use hw_identity::expiry::ExpiryWorker;
use hw_identity::renewal::Renewal;
use hw_kernel::testkit::clock::SimulatedClock;
use hw_kernel::worker::Worker;
use hw_kernel::{Event, EventSink, shutdown};
use hw_model::Timestamp;
use parking_lot::Mutex;

use crate::{House, house_with};

const DAY: Duration = Duration::from_secs(86_400);

#[derive(Default)]
struct Events(Mutex<Vec<Event>>);

impl EventSink for Events {
    fn emit(&self, event: Event) {
        self.0.lock().push(event);
    }
}

/// What a start tells at its first look: outcome and cause.
async fn told(house: &House) -> Vec<(String, String)> {
    let names = vec!["hw.example".to_owned()];
    let server = house
        .identity
        .server_certificate(&house.authority, &names)
        .await
        .expect("made");
    let renewal = Renewal::new(
        house.identity.clone(),
        Box::new(move || names.clone()),
        server,
        Box::new(|_| Ok(())),
    );
    let events = Arc::new(Events::default());
    let worker = Arc::new(ExpiryWorker::new(
        house.identity.clone(),
        events.clone(),
        Arc::new(renewal),
        None,
    ));
    let (closing, receiver) = shutdown::channel();
    let running = tokio::spawn({
        let worker = Arc::clone(&worker);
        async move { worker.run(receiver).await }
    });
    while worker.status().state != "idle" {
        tokio::task::yield_now().await;
    }
    closing.begin();
    running.await.expect("ends");
    let events = events.0.lock();
    let told = events
        .iter()
        .map(|it| (it.outcome.clone(), it.cause.clone()));
    told.collect()
}

#[tokio::test]
async fn the_ca_is_told_of_in_four_steps() {
    // Noon of 24 November 2026; the CA ends twenty years later.
    let clock = SimulatedClock::at(Timestamp(1_795_521_600_000_000));
    let house = house_with(Arc::new(clock.clone())).await;
    assert!(told(&house).await.is_empty());
    clock.advance((20 * 365 - 91) * DAY);
    assert!(told(&house).await.is_empty());
    for (days, outcome, cause) in [
        (2, "ending", "the CA's certificate ends in 89 days"),
        (59, "ending", "the CA's certificate ends in 30 days"),
        (23, "ending", "the CA's certificate ends in 7 days"),
        (8, "ended", "the CA's certificate has ended"),
    ] {
        clock.advance(days * DAY);
        let first = told(&house).await;
        assert_eq!(first.len(), 1, "{first:?}");
        assert!(
            first[0].0 == outcome && first[0].1.starts_with(cause),
            "{first:?}"
        );
        assert!(told(&house).await.is_empty(), "it is told once");
    }
}
