// SPDX-License-Identifier: Apache-2.0
//! The worker `identity.expiry`: tells ends of certificates as events, each step once: the CA's, the
//! server's own, the public one, and those of devices, counted by account. What was told is kept, so
//! that a restart does not tell it again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hw_kernel::worker::{StatusCell, Worker, WorkerStatus};
use hw_kernel::{Event, EventSink, Shutdown};
use hw_model::{AccountId, Timestamp};
use parking_lot::Mutex;

use super::devices::devices_fact;
use super::{DevicesEnding, Renewed, STEPS, days_left, warning};
use crate::certificate_text;
use crate::public::Public;
use crate::renewal::Renewal;
use crate::{Identity, IdentityError};

/// How often it looks. A day is the unit here.
const EVERY: Duration = Duration::from_secs(600);

/// A certificate of the server.
struct Ours {
    what: &'static str,
    chain_pem: String,
    renewed: Renewed,
    cure: &'static str,
}

const CURE_CA: &str = "devices must be given another CA before: docs/operations.md, Replace the CA";
const CURE_SERVER: &str =
    "worker identity.certificate makes another 30 days before: see its last error";
const CURE_FILES: &str = "put a new one into certificates.server_chain_file";
const CURE_ACME: &str = "worker identity.acme gets another in time: see its last error";

/// Warns.
pub struct ExpiryWorker {
    identity: Identity,
    events: Arc<dyn EventSink>,
    renewal: Arc<Renewal>,
    public: Option<Arc<Public>>,
    devices: Mutex<HashMap<AccountId, DevicesEnding>>,
    status: StatusCell,
}

impl ExpiryWorker {
    /// Over the certificates that the doors show.
    pub fn new(
        identity: Identity,
        events: Arc<dyn EventSink>,
        renewal: Arc<Renewal>,
        public: Option<Arc<Public>>,
    ) -> Self {
        Self {
            identity,
            events,
            renewal,
            public,
            devices: Mutex::default(),
            status: StatusCell::named("identity.expiry"),
        }
    }

    /// Devices' certificates of all accounts, as of the last look.
    pub fn devices(&self) -> DevicesEnding {
        let mut sum = DevicesEnding::default();
        self.devices.lock().values().for_each(|one| sum.add(*one));
        sum
    }

    /// Those of an account.
    pub fn devices_of(&self, account: AccountId) -> DevicesEnding {
        let devices = self.devices.lock();
        devices.get(&account).copied().unwrap_or_default()
    }

    async fn ours(&self) -> Result<Vec<Ours>, IdentityError> {
        let ca = self.identity.authority().await?;
        let public = self.public.as_ref().and_then(|it| {
            let (renewed, cure) = match it.source() {
                "acme" => (Renewed::ByAcme, CURE_ACME),
                _ => (Renewed::ByPeople, CURE_FILES),
            };
            Some(Ours {
                what: "public",
                chain_pem: it.shown()?.chain_pem,
                renewed,
                cure,
            })
        });
        let known = [
            Ours {
                what: "ca",
                chain_pem: ca.certificate_pem,
                renewed: Renewed::ByPeople,
                cure: CURE_CA,
            },
            Ours {
                what: "server",
                chain_pem: self.renewal.chain_pem(),
                renewed: Renewed::ByServer,
                cure: CURE_SERVER,
            },
        ];
        Ok(known.into_iter().chain(public).collect())
    }

    /// Tells what is to be told; how many of ours are in a step.
    async fn look(&self) -> Result<usize, IdentityError> {
        let now = self.identity.clock.now();
        let mut near = 0;
        for ours in self.ours().await? {
            near += usize::from(self.look_at(&ours, now).await?);
        }
        let ending = self.identity.devices_ending().await?;
        for (account, devices) in &ending {
            for days in STEPS {
                if devices.in_step(days) > 0 {
                    self.look_at_devices(*account, days).await?;
                }
            }
        }
        *self.devices.lock() = ending;
        Ok(near)
    }

    async fn look_at(&self, ours: &Ours, now: Timestamp) -> Result<bool, IdentityError> {
        let text = certificate_text::read(&ours.chain_pem)?;
        let end = text.not_after;
        let Some(days) = warning(ours.renewed, (text.not_before, end), now) else {
            return Ok(false);
        };
        let fact = format!("certificates told {days} {} {}", ours.what, text.sha256);
        if self.identity.was_told(&fact).await? {
            return Ok(true);
        }
        let name = match ours.what {
            "ca" => "the CA's certificate",
            "server" => "the server's certificate",
            _ => "the public certificate",
        };
        let cause = match days_left(end, now) {
            ..0 => format!("{name} has ended: {}", ours.cure),
            left => format!("{name} ends in {left} days: {}", ours.cure),
        };
        tracing::warn!(cause, "a certificate is near its end");
        let outcome = if days == 0 { "ended" } else { "ending" };
        let event = Event::new(AccountId::FIRST, "certificate", outcome, cause);
        self.events.emit(event);
        self.identity.note_told(&fact, end).await?;
        Ok(true)
    }

    async fn look_at_devices(&self, account: AccountId, days: i64) -> Result<(), IdentityError> {
        let found = self.identity.ending_untold(account, days).await?;
        let Some((count, first, last)) = found else {
            return Ok(());
        };
        let day = time::OffsetDateTime::from_unix_timestamp(first.0.div_euclid(1_000_000));
        let day = day.map_or_else(|_| String::new(), |day| day.date().to_string());
        let cause = match days {
            0 => "certificates of devices have ended: these devices can't connect".to_owned(),
            _ => format!("certificates of devices end within {days} days, the first on {day}"),
        };
        let outcome = if days == 0 { "ended" } else { "ending" };
        let mut event = Event::new(account, "certificate", outcome, cause);
        event.count = count;
        self.events.emit(event);
        let fact = devices_fact(account, days);
        self.identity.note_told(&fact, last).await
    }
}

#[async_trait]
impl Worker for ExpiryWorker {
    fn status(&self) -> WorkerStatus {
        self.status.get()
    }

    async fn run(&self, shutdown: Shutdown) {
        let clock = self.identity.clock.clone();
        loop {
            match self.look().await {
                Ok(near) => {
                    let devices = self.devices();
                    let soon = devices.within_90 + devices.ended;
                    let lag = format!("{near} of the server and {soon} of devices end in 90 days");
                    self.status.set("idle", lag, None);
                }
                Err(error) => {
                    tracing::warn!(%error, "the ends of certificates could not be looked at");
                    let lag = self.status.get().lag;
                    self.status.set("failing", lag, Some(error.to_string()));
                }
            }
            if shutdown.wait_for(clock.sleep(EVERY)).await {
                break;
            }
        }
        let status = self.status.get();
        self.status.set("ended", status.lag, status.last_error);
    }
}
