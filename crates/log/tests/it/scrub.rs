// SPDX-License-Identifier: Apache-2.0
//! The worker `log.scrub`: finds damage that nobody reads, tells of it once, and passes over what
//! is whole.

use std::sync::Arc;
use std::time::Duration;

use hw_kernel::port::clock::SystemClock;
use hw_kernel::shutdown::channel;
use hw_kernel::{Clock, Event, EventSink, Log};
use hw_log::{Scrubbing, Settings};
use parking_lot::Mutex;

use crate::support::{change, fill, open, segments, small};

#[derive(Default)]
struct Told(Mutex<Vec<Event>>);

impl EventSink for Told {
    fn emit(&self, event: Event) {
        self.0.lock().push(event);
    }
}

fn restless() -> Settings {
    Settings {
        scrub: Scrubbing {
            first: Duration::from_millis(10),
            every: Duration::from_millis(10),
            bytes_per_second: u64::MAX,
        },
        ..small()
    }
}

#[tokio::test]
async fn damage_in_a_sealed_segment_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path(), restless());
    fill(&log, 1..=60).await;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let told = Arc::new(Told::default());
    let events: Arc<dyn EventSink> = told.clone();
    let scrub = log.upkeep(&clock, &events).swap_remove(0);
    assert_eq!(scrub.status().name, "log.scrub");
    let (end, shutdown) = channel();
    let running = tokio::spawn({
        let scrub = scrub.clone();
        async move { scrub.run(shutdown).await }
    });
    let until = async |wanted: &dyn Fn() -> bool| {
        while !wanted() {
            clock.sleep(Duration::from_millis(5)).await;
        }
    };
    let all = segments(dir.path()).len() - 1;
    let seen = format!("{all} segments checked");
    until(&|| scrub.status().lag == seen && scrub.status().state == "idle").await;
    assert_eq!(scrub.status().last_error, None);
    assert!(told.0.lock().is_empty());

    let victim = &segments(dir.path())[all / 2];
    change(victim, |bytes| bytes[200] ^= 1);
    until(&|| scrub.status().last_error.is_some()).await;
    let name = victim.file_name().expect("a name").to_string_lossy();
    let error = scrub.status().last_error.unwrap_or_default();
    assert!(error.contains(&*name), "{error}");
    let event = told.0.lock()[0].clone();
    assert_eq!((&*event.kind, &*event.outcome), ("log", "damaged"));
    assert!(event.cause.contains(&*name), "{}", event.cause);
    assert_eq!(log.status().quarantined, [name.to_string()]);
    end.begin();
    running.await.expect("ends in good order");
}
