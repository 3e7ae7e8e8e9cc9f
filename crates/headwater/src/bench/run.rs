// SPDX-License-Identifier: Apache-2.0
//! A run: everybody connects, then all go at once, and what they have measured comes together.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::link::{self, LinkError};
use super::plan::Plan;
use super::publisher::{Published, Publisher};
use super::report::Report;
use super::subscriber::{Received, Subscriber};

/// Clients that connect at the same time.
const CONNECTING_AT_ONCE: usize = 32;

/// Messages of a publisher at most: a bit each is kept by each subscriber.
const NUMBERS_MAX: u64 = 1 << 32;

/// What all have done so far.
#[derive(Debug, Default)]
pub struct Tally {
    sent: AtomicU64,
    confirmed: AtomicU64,
    received: AtomicU64,
}

/// The same at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Messages sent.
    pub sent: u64,
    /// Messages acknowledged.
    pub confirmed: u64,
    /// Messages received, by all subscribers.
    pub received: u64,
}

impl Tally {
    pub(super) fn sent(&self, more: u64) {
        self.sent.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn confirmed(&self, more: u64) {
        self.confirmed.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn received(&self, more: u64) {
        self.received.fetch_add(more, Ordering::Relaxed);
    }

    fn progress(&self) -> Progress {
        Progress {
            sent: self.sent.load(Ordering::Relaxed),
            confirmed: self.confirmed.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
        }
    }
}

/// Runs the plan. `told` hears each second how it goes.
///
/// # Errors
/// Somebody can't connect or subscribe. What breaks later stands in the report.
pub async fn run(
    plan: Plan,
    mut told: impl FnMut(Progress) + Send + 'static,
) -> Result<Report, LinkError> {
    let (plan, tally) = (Arc::new(plan), Arc::new(Tally::default()));
    let (tell_expected, expected) = watch::channel(None);
    let connecting = Instant::now();
    let subscribers: Vec<Subscriber> = stream::iter(0..plan.subscribers)
        .map(|number| subscriber(number, &plan, &tally, &expected))
        .buffer_unordered(CONNECTING_AT_ONCE)
        .try_collect()
        .await?;
    let publishers: Vec<Publisher> = stream::iter(0..plan.publishers)
        .map(|number| publisher(number, &plan, &tally))
        .buffer_unordered(CONNECTING_AT_ONCE)
        .try_collect()
        .await?;
    let connected = connecting.elapsed();
    let begin = Instant::now();
    let mut receiving: JoinSet<Received> = JoinSet::new();
    for subscriber in subscribers {
        receiving.spawn(subscriber.run(begin));
    }
    let mut publishing: JoinSet<Published> = JoinSet::new();
    for publisher in publishers {
        publishing.spawn(publisher.run(begin));
    }
    let watched = tally.clone();
    let telling = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            told(watched.progress());
        }
    });
    let published = publishing.join_all().await;
    let published_for = begin.elapsed();
    let confirmed = published.iter().map(|it| it.confirmed).sum();
    // Nobody knows which of a group gets how many: they end when nothing comes any more.
    let each = if plan.shared { u64::MAX } else { confirmed };
    // Subscribers that have ended already need not be told.
    let _ = tell_expected.send(Some(each));
    let received = receiving.join_all().await;
    telling.abort();
    Ok(Report::of(
        &plan,
        connected,
        published_for,
        &published,
        &received,
    ))
}

async fn subscriber(
    number: u32,
    plan: &Arc<Plan>,
    tally: &Arc<Tally>,
    expected: &watch::Receiver<Option<u64>>,
) -> Result<Subscriber, LinkError> {
    let client_id = plan.client_id("sub", number);
    let (mut reader, mut writer) = link::connect(&plan.door, &client_id).await?;
    link::subscribe((&mut reader, &mut writer), &plan.filter(), plan.qos).await?;
    Ok(Subscriber {
        reader,
        writer,
        publishers: plan.publishers,
        numbers_max: NUMBERS_MAX,
        tally: tally.clone(),
        expected: expected.clone(),
    })
}

async fn publisher(
    number: u32,
    plan: &Arc<Plan>,
    tally: &Arc<Tally>,
) -> Result<Publisher, LinkError> {
    let client_id = plan.client_id("pub", number);
    let (reader, writer) = link::connect(&plan.door, &client_id).await?;
    Ok(Publisher {
        number,
        reader,
        writer,
        plan: plan.clone(),
        tally: tally.clone(),
    })
}
