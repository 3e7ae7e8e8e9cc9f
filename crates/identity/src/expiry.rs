// SPDX-License-Identifier: Apache-2.0
//! The worker `identity.expiry`: warns 90, 30 and 7 days before certificates end, and when they have
//! ended, once each, as events: the CA's, the server's own, the public one, and those of devices,
//! counted by account. What was told is kept, so that a restart does not tell it again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hw_kernel::port::catalog::Statement;
use hw_kernel::worker::{StatusCell, Worker, WorkerStatus};
use hw_kernel::{Event, EventSink, Shutdown};
use hw_model::{AccountId, Timestamp};
use parking_lot::Mutex;

use crate::certificate_text;
use crate::public::Public;
use crate::renewal::Renewal;
use crate::server_certificate::RENEW_DAYS;
use crate::{Identity, IdentityError};

/// How often it looks. A day is the unit here.
const EVERY: Duration = Duration::from_secs(600);

/// Days before the end at which it is told, the last first; 0 is the end itself.
pub const STEPS: [i64; 4] = [0, 7, 30, 90];

const DAY_MICROS: i64 = 86_400_000_000;

/// Whole days until an end; below 0 it is over.
pub fn days_left(end: Timestamp, now: Timestamp) -> i64 {
    (end.0 - now.0).div_euclid(DAY_MICROS)
}

/// The step that an end is in: the least number of days that it is within.
pub fn step(end: Timestamp, now: Timestamp) -> Option<i64> {
    let within = |days: &i64| end.0 <= now.0.saturating_add(days * DAY_MICROS);
    STEPS.into_iter().find(within)
}

/// Who sees to it that a certificate is followed by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewed {
    /// People must: each step is told.
    ByPeople,
    /// The worker `identity.certificate`, [`RENEW_DAYS`] before the end: told when it has not.
    ByServer,
    /// The worker `identity.acme`, when a third of its life is left: told when it has not.
    ByAcme,
}

/// The step to warn of.
pub fn warning(by: Renewed, (from, to): (Timestamp, Timestamp), now: Timestamp) -> Option<i64> {
    let left = to.0 - now.0;
    let overdue = match by {
        Renewed::ByPeople => true,
        Renewed::ByServer => left < (RENEW_DAYS - 1) * DAY_MICROS,
        Renewed::ByAcme => left < (to.0 - from.0) / 4,
    };
    step(to, now).filter(|_| overdue)
}

/// ACTIVE certificates of devices that end soon, or have ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DevicesEnding {
    /// Have ended: their devices can't connect.
    pub ended: u64,
    /// End within 7 days; those that have ended are not among them, here and below.
    pub within_7: u64,
    /// End within 30 days.
    pub within_30: u64,
    /// End within 90 days.
    pub within_90: u64,
}

impl DevicesEnding {
    fn add(&mut self, other: Self) {
        self.ended += other.ended;
        self.within_7 += other.within_7;
        self.within_30 += other.within_30;
        self.within_90 += other.within_90;
    }

    /// Those that a step tells of: within it and not within the next nearer one.
    fn in_step(&self, days: i64) -> u64 {
        match days {
            0 => self.ended,
            7 => self.within_7,
            30 => self.within_30 - self.within_7,
            _ => self.within_90 - self.within_30,
        }
    }
}

impl Identity {
    /// How many ACTIVE certificates of devices end soon, of each account that has such.
    async fn devices_ending(&self) -> Result<HashMap<AccountId, DevicesEnding>, IdentityError> {
        let now = self.clock.now();
        let sql = "SELECT account, \
                     SUM(CASE WHEN not_after_us <= $1 THEN 1 ELSE 0 END), \
                     SUM(CASE WHEN not_after_us <= $2 THEN 1 ELSE 0 END), \
                     SUM(CASE WHEN not_after_us <= $3 THEN 1 ELSE 0 END), \
                     COUNT(*) \
                   FROM certificates WHERE status = 'ACTIVE' AND not_after_us <= $4 \
                   GROUP BY account";
        let args = STEPS.map(|days| (now.0 + days * DAY_MICROS).into());
        let rows = self.catalog.read(sql, args.to_vec()).await?;
        let mut found = HashMap::new();
        for row in &rows {
            let count = |column| {
                row.int(column)
                    .map(|count| u64::try_from(count).unwrap_or(0))
            };
            let ended = count(1)?;
            let ending = DevicesEnding {
                ended,
                within_7: count(2)?.saturating_sub(ended),
                within_30: count(3)?.saturating_sub(ended),
                within_90: count(4)?.saturating_sub(ended),
            };
            if let Ok(account) = row.text(0)?.parse() {
                found.insert(account, ending);
            }
        }
        Ok(found)
    }

    /// An account's certificates of devices that are in a step, and end after what was told in it
    /// before: how many, the first end and the last.
    async fn ending_untold(
        &self,
        account: AccountId,
        days: i64,
    ) -> Result<Option<(u64, Timestamp, Timestamp)>, IdentityError> {
        let now = self.clock.now();
        let nearer = STEPS.iter().take_while(|step| **step < days).last();
        let after = nearer.map_or(0, |nearer| now.0 + nearer * DAY_MICROS);
        let sql = "SELECT COUNT(*), MIN(not_after_us), MAX(not_after_us) FROM certificates \
                   WHERE account = $1 AND status = 'ACTIVE' AND not_after_us > $2 \
                     AND not_after_us <= $3 AND not_after_us > COALESCE( \
                       (SELECT CAST(value AS BIGINT) FROM facts WHERE name = $4), 0)";
        let args = vec![
            account.into(),
            after.into(),
            (now.0 + days * DAY_MICROS).into(),
            devices_fact(account, days).into(),
        ];
        let rows = self.catalog.read(sql, args).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let (Some(first), Some(last)) = (row.int_or_null(1)?, row.int_or_null(2)?) else {
            return Ok(None);
        };
        let count = u64::try_from(row.int(0)?).unwrap_or(0);
        Ok(Some((count, Timestamp(first), Timestamp(last))))
    }

    async fn was_told(&self, fact: &str) -> Result<bool, IdentityError> {
        let sql = "SELECT value FROM facts WHERE name = $1";
        let rows = self.catalog.read(sql, vec![fact.into()]).await?;
        Ok(!rows.is_empty())
    }

    async fn note_told(&self, fact: &str, until: Timestamp) -> Result<(), IdentityError> {
        let sql = "INSERT INTO facts (name, value) VALUES ($1, $2) \
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        let args = vec![fact.into(), until.0.to_string().into()];
        self.catalog.write(vec![Statement::new(sql, args)]).await?;
        Ok(())
    }
}

/// The name of a fact whose value is the last end, in microseconds, that was told in a step.
fn devices_fact(account: AccountId, days: i64) -> String {
    format!("certificates told {days} devices {account}")
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_step_counts() {
        let now = Timestamp(1_000 * DAY_MICROS);
        for (left, expected) in [
            (91 * DAY_MICROS, None),
            (90 * DAY_MICROS, Some(90)),
            (31 * DAY_MICROS, Some(90)),
            (30 * DAY_MICROS, Some(30)),
            (7 * DAY_MICROS, Some(7)),
            (1, Some(7)),
            (0, Some(0)),
            (-DAY_MICROS, Some(0)),
        ] {
            assert_eq!(step(Timestamp(now.0 + left), now), expected, "{left}");
        }
    }

    #[test]
    fn what_is_made_anew_by_itself_is_told_when_it_is_not() {
        let day = |days: i64| Timestamp(days * DAY_MICROS);
        let told = |by, life: i64, left: i64| warning(by, (day(0), day(life)), day(life - left));
        assert_eq!(told(Renewed::ByPeople, 397, 80), Some(90));
        assert_eq!(
            [80, 30, 29].map(|left| told(Renewed::ByServer, 397, left)),
            [None; 3]
        );
        assert_eq!(told(Renewed::ByServer, 397, 28), Some(30));
        assert_eq!(
            [89, 30, 23].map(|left| told(Renewed::ByAcme, 90, left)),
            [None; 3]
        );
        assert_eq!(told(Renewed::ByAcme, 90, 22), Some(30));
        assert_eq!(told(Renewed::ByAcme, 6, 1), Some(7));
        assert_eq!(told(Renewed::ByAcme, 6, 0), Some(0));
    }
}
