// SPDX-License-Identifier: Apache-2.0
//! What one principal uses over all of its connections, on whichever shard they are, where that is
//! bounded: a certificate that may use any client id is bounded by no limit of a connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use crate::pace::Pace;
use crate::settings::PrincipalLimits;

/// What all connections of a principal use together. Shared by those that run them.
#[derive(Debug, Default)]
pub struct PrincipalUse {
    connections: AtomicU32,
    subscriptions: AtomicU32,
    connects: SharedPace,
    publishes: SharedPace,
    bytes: SharedPace,
}

impl PrincipalUse {
    /// Takes a message that comes by no connection; `Err` says in words what there is too much of.
    pub(crate) fn admit(
        &self,
        limits: &PrincipalLimits,
        now: Duration,
        bytes: u64,
    ) -> Result<(), String> {
        let max = limits.bytes_per_second_max;
        if max > 0 && self.bytes.load().rest(now).is_some() {
            return Err(format!("more than {max} bytes a second from one principal"));
        }
        let messages_max = limits.publishes_per_second_max;
        if !self.publishes.change(|pace| pace.take(now, messages_max)) {
            return Err(format!(
                "more than {messages_max} messages a second from one principal"
            ));
        }
        self.bytes.change(|pace| pace.charge(now, bytes, max));
        Ok(())
    }

    /// Whether it may be forgotten: nothing is in use, and its last connection was long enough ago.
    pub fn is_over(&self, now: Duration) -> bool {
        let paces = [&self.connects, &self.publishes, &self.bytes];
        let is_unused = self.connections.load(Ordering::Relaxed) == 0;
        is_unused && paces.iter().all(|pace| pace.load().is_full(now))
    }
}

/// A [`Pace`] that several threads take from.
#[derive(Debug, Default)]
struct SharedPace(AtomicU64);

impl SharedPace {
    fn load(&self) -> Pace {
        Pace::from_nanos(self.0.load(Ordering::Relaxed))
    }

    /// Does `change` to it; what that returns.
    fn change<T>(&self, change: impl Fn(&mut Pace) -> T) -> T {
        let mut old = self.0.load(Ordering::Relaxed);
        loop {
            let mut pace = Pace::from_nanos(old);
            let done = change(&mut pace);
            let new = pace.as_nanos();
            match self
                .0
                .compare_exchange_weak(old, new, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return done,
                Err(other) => old = other,
            }
        }
    }
}

/// The share that one connection has in what its principal uses; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    of: Arc<PrincipalUse>,
    subscriptions: u32,
}

impl Share {
    /// That of a new connection, `replaces` another of the same principal. `Err` says in words what
    /// there is too much of.
    pub(crate) fn begin(
        of: Arc<PrincipalUse>,
        limits: &PrincipalLimits,
        now: Duration,
        replaces: bool,
    ) -> Result<Self, String> {
        let max = limits.connects_per_second_max;
        if !of.connects.change(|pace| pace.take(now, max)) {
            return Err(format!("a principal connects at most {max} times a second"));
        }
        let max = limits.connections_max;
        if !take(
            &of.connections,
            max.saturating_add(u32::from(replaces)),
            max,
        ) {
            return Err(format!("a principal has at most {max} connections"));
        }
        Ok(Self {
            of,
            subscriptions: 0,
        })
    }

    /// Whether it is one in that.
    pub(crate) fn is_of(&self, other: &Arc<PrincipalUse>) -> bool {
        Arc::ptr_eq(&self.of, other)
    }

    /// Takes room for one more subscription; `false`: there is none. 0 is no bound.
    pub(crate) fn subscribes(&mut self, max: u32) -> bool {
        let fits = take(&self.of.subscriptions, max, max);
        self.subscriptions += u32::from(fits);
        fits
    }

    /// Counts one more, whether there is room or not: a session brings it.
    pub(crate) fn brings(&mut self) {
        self.of.subscriptions.fetch_add(1, Ordering::Relaxed);
        self.subscriptions += 1;
    }

    /// Gives the room of one back.
    pub(crate) fn unsubscribes(&mut self) {
        if let Some(left) = self.subscriptions.checked_sub(1) {
            self.subscriptions = left;
            self.of.subscriptions.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Whether a message comes in time.
    pub(crate) fn publishes(&self, now: Duration, per_second: u32) -> bool {
        self.of.publishes.change(|pace| pace.take(now, per_second))
    }

    /// Counts what was sent.
    pub(crate) fn sends(&self, now: Duration, bytes: u64, per_second: u32) {
        self.of
            .bytes
            .change(|pace| pace.charge(now, bytes, per_second));
    }

    /// Until when no more is to be read.
    pub(crate) fn rest(&self, now: Duration) -> Option<Duration> {
        self.of.bytes.load().rest(now)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let counts = &*self.of;
        counts.connections.fetch_sub(1, Ordering::Relaxed);
        counts
            .subscriptions
            .fetch_sub(self.subscriptions, Ordering::Relaxed);
    }
}

/// Counts one more, unless there are `max` already. `named` 0 is no bound.
fn take(count: &AtomicU32, max: u32, named: u32) -> bool {
    let more = |used: u32| (named == 0 || used < max).then(|| used.saturating_add(1));
    count
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_gives_its_share_back() {
        let (of, now) = (Arc::<PrincipalUse>::default(), Duration::from_secs(100));
        let limits = PrincipalLimits {
            connections_max: 2,
            subscriptions_max: 3,
            ..PrincipalLimits::default()
        };
        let begin = |replaces| Share::begin(of.clone(), &limits, now, replaces);
        let (mut a, b) = (begin(false).unwrap(), begin(false).unwrap());
        assert_eq!(
            begin(false).unwrap_err(),
            "a principal has at most 2 connections"
        );
        let c = begin(true).unwrap();
        drop((b, c));
        assert!((0..3).all(|_| a.subscribes(3)) && !a.subscribes(3));
        a.unsubscribes();
        let mut d = begin(false).unwrap();
        assert!(d.subscribes(3) && !d.subscribes(3));
        d.brings();
        drop((a, d));
        assert_eq!(of.subscriptions.load(Ordering::Relaxed), 0);
        assert!(of.is_over(now));
    }

    #[test]
    fn threads_take_no_more_than_there_is() {
        let (of, now) = (PrincipalUse::default(), Duration::from_secs(100));
        let taken = || {
            let takes = (0..10_000).filter(|_| of.connects.change(|it| it.take(now, 5_000)));
            takes.count()
        };
        let taken: usize = std::thread::scope(|scope| {
            let threads = [0; 4].map(|_| scope.spawn(taken));
            threads.into_iter().map(|it| it.join().unwrap()).sum()
        });
        assert_eq!(taken, 5_000);
        assert!(!of.is_over(now) && of.is_over(now + Duration::from_secs(1)));
    }
}
