// SPDX-License-Identifier: Apache-2.0
//! The worker `identity.acme`: orders the first certificate when the doors are open, and another
//! when a third of its life is left. What fails is tried again, less and less often, and told.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hw_kernel::worker::{StatusCell, Worker, WorkerStatus};
use hw_kernel::{Clock, Event, EventSink, Shutdown};
use hw_model::{AccountId, Timestamp};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::order::Ordering;
use super::{AcmeSettings, Challenges};
use crate::host_names::covers;
use crate::outbound::Outbound;
use crate::public::Public;
use crate::server_certificate::ServerCertificate;
use crate::{Identity, IdentityError};

/// Longest sleep. By the monotonic clock: a wall clock that was set is noticed, too.
const EVERY: Duration = Duration::from_secs(60);

/// After a failure it is tried again that much later, and twice as much after each more. Public
/// ACME servers allow five failures of a name in an hour.
const RETRY_LEAST: Duration = Duration::from_secs(60);
/// But not later than that.
const RETRY_MOST: Duration = Duration::from_secs(6 * 3_600);
/// Of a certificate that lives for less than a day, as in tests, this part of its life.
const RETRY_PART: u32 = 20;

const SECOND_MICROS: i64 = 1_000_000;

/// Gets the certificate and keeps it valid.
pub struct AcmeWorker {
    identity: Identity,
    settings: AcmeSettings,
    outbound: Outbound,
    challenges: Box<dyn Challenges>,
    public: Arc<Public>,
    events: Arc<dyn EventSink>,
    doors_open: Notify,
    life: Mutex<Option<Life>>,
    status: StatusCell,
}

/// From when to when the one that is shown is valid.
#[derive(Debug, Clone, Copy)]
struct Life {
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Life {
    /// When another is to be ordered.
    fn renew_at(self) -> Timestamp {
        Timestamp(self.not_after.0 - (self.not_after.0 - self.not_before.0) / 3)
    }

    fn span(self) -> Duration {
        let micros = self.not_after.0 - self.not_before.0;
        Duration::from_micros(u64::try_from(micros).unwrap_or_default())
    }
}

/// How long to wait after so many failures in a row.
fn retry_after(failures: u32, life: Option<Life>) -> Duration {
    let least = life.map_or(RETRY_LEAST, |life| life.span() / RETRY_PART);
    let least = least.clamp(Duration::from_secs(1), RETRY_LEAST);
    let doubled = least.saturating_mul(1 << failures.saturating_sub(1).min(20));
    doubled.min(RETRY_MOST)
}

impl AcmeWorker {
    /// It begins when [`Self::doors_are_open`] is called.
    pub fn new(
        identity: Identity,
        settings: AcmeSettings,
        outbound: Outbound,
        challenges: Box<dyn Challenges>,
        public: Arc<Public>,
        events: Arc<dyn EventSink>,
    ) -> Self {
        Self {
            identity,
            settings,
            outbound,
            challenges,
            public,
            events,
            doors_open: Notify::new(),
            life: Mutex::new(None),
            status: StatusCell::named("identity.acme"),
        }
    }

    /// The ACME server can be answered from now on.
    pub fn doors_are_open(&self) {
        self.doors_open.notify_one();
    }

    /// Has the doors show the certificate that was got before, if there is one.
    ///
    /// # Errors
    /// The catalog fails, or what it has can't be used.
    pub async fn show_kept(&self) -> Result<(), IdentityError> {
        let kept = self.identity.acme_certificate(&self.settings).await?;
        let Some(kept) = kept.filter(|kept| self.is_for_names(&kept.names())) else {
            return Ok(());
        };
        self.show(&kept).map_err(IdentityError::Invalid)
    }

    fn is_for_names(&self, named: &[String]) -> bool {
        let mut names = self.settings.names.iter();
        names.all(|name| covers(named, name))
    }

    fn show(&self, certificate: &ServerCertificate) -> Result<(), String> {
        self.public.show(certificate)?;
        *self.life.lock() = Some(Life {
            not_before: certificate.not_before,
            not_after: certificate.not_after,
        });
        Ok(())
    }

    async fn order(&self) -> Result<(), String> {
        let ordering = Ordering {
            identity: &self.identity,
            settings: &self.settings,
            outbound: &self.outbound,
            challenges: &*self.challenges,
        };
        let made = ordering.certificate().await;
        let made = made.map_err(|error| error.to_string())?;
        self.show(&made)
    }

    fn tell(&self, outcome: &str, cause: String) {
        let event = Event::new(AccountId::FIRST, "certificate", outcome, cause);
        self.events.emit(event);
    }

    /// In words: how much is left, or that there is none.
    fn left(&self) -> String {
        let now = self.identity.clock.now();
        match *self.life.lock() {
            None => "no certificate yet".to_owned(),
            Some(life) => {
                let seconds = (life.not_after.0 - now.0).div_euclid(SECOND_MICROS);
                match seconds / 86_400 {
                    0 => format!("{seconds} seconds left"),
                    days => format!("{days} days left"),
                }
            }
        }
    }

    /// One look; how long to sleep after it.
    async fn look(&self, failures: &mut u32) -> Duration {
        let now = self.identity.clock.now();
        let due = self.life.lock().map_or(now, Life::renew_at);
        if now < due {
            self.status.set("idle", self.left(), None);
            let micros = u64::try_from(due.0 - now.0).unwrap_or_default();
            return Duration::from_micros(micros);
        }
        let last_error = self.status.get().last_error;
        self.status.set("busy", self.left(), last_error);
        match self.order().await {
            Ok(()) => {
                *failures = 0;
                let names = self.settings.names.join(" ");
                tracing::info!(names, "the ACME server has given a certificate");
                self.tell("ok", format!("the ACME server gave a certificate: {names}"));
                self.status.set("idle", self.left(), None);
                Duration::ZERO
            }
            Err(why) => {
                *failures += 1;
                let again = retry_after(*failures, *self.life.lock());
                let seconds = again.as_secs();
                tracing::warn!(why, seconds, "no certificate by ACME; tried again later");
                self.tell("failed", why.clone());
                self.status.set("failing", self.left(), Some(why));
                again
            }
        }
    }
}

#[async_trait]
impl Worker for AcmeWorker {
    fn status(&self) -> WorkerStatus {
        self.status.get()
    }

    async fn run(&self, shutdown: Shutdown) {
        if !shutdown.wait_for(self.doors_open.notified()).await {
            let mut failures = 0;
            loop {
                let looked = tokio::select! {
                    () = shutdown.begun() => break,
                    span = self.look(&mut failures) => span,
                };
                let clock: &Arc<dyn Clock> = &self.identity.clock;
                let span = match failures {
                    0 => looked.min(EVERY),
                    _ => looked,
                };
                if shutdown.wait_for(clock.sleep(span)).await {
                    break;
                }
            }
        }
        let status = self.status.get();
        self.status.set("ended", status.lag, status.last_error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_and_less_often_but_within_the_life() {
        let seconds = |failures, life| retry_after(failures, life).as_secs();
        assert_eq!([1, 2, 3].map(|n| seconds(n, None)), [60, 120, 240]);
        assert_eq!(seconds(100, None), 6 * 3_600);
        let life = Life {
            not_before: Timestamp(0),
            not_after: Timestamp(90 * 86_400 * SECOND_MICROS),
        };
        assert_eq!(seconds(1, Some(life)), 60);
        assert_eq!(life.renew_at().0, 60 * 86_400 * SECOND_MICROS);
        let short = Life {
            not_before: Timestamp(0),
            not_after: Timestamp(40 * SECOND_MICROS),
        };
        assert_eq!([1, 2].map(|n| seconds(n, Some(short))), [2, 4]);
    }
}
