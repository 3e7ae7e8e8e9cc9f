// SPDX-License-Identifier: Apache-2.0
//! The workers of upkeep, one for each duty, and the handle by which people ask for a round.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hw_kernel::worker::{StatusCell, Worker, WorkerStatus};
use hw_kernel::{Clock, EventSink, Shutdown};
use tokio::sync::Mutex;

use super::duty::Duty;
use super::lived::Lived;
use super::round::{DutyReport, Round};
use super::settings::MaintenanceSettings;
use crate::Lake;
use crate::error::chain;

/// How often tables that nobody has used since the start are looked at too, at most.
const THOROUGH_EVERY: Duration = Duration::from_secs(3_600);

/// What the workers share.
struct Shared {
    lake: Arc<Lake>,
    settings: MaintenanceSettings,
    events: Arc<dyn EventSink>,
    /// Read at first use; an error of the object store then is one of that round.
    lived: Mutex<Option<Lived>>,
}

/// The worker of a duty.
pub struct Maintenance {
    duty: Duty,
    shared: Arc<Shared>,
    status: StatusCell,
}

/// Runs rounds on demand.
#[derive(Clone)]
pub struct MaintenanceHandle(Arc<Shared>);

impl Maintenance {
    /// A worker for each duty, and the handle to all of them.
    pub fn new(
        lake: Arc<Lake>,
        settings: MaintenanceSettings,
        events: Arc<dyn EventSink>,
    ) -> (Vec<Self>, MaintenanceHandle) {
        let shared = Arc::new(Shared {
            lake,
            settings,
            events,
            lived: Mutex::default(),
        });
        let worker = |duty: Duty| Self {
            duty,
            shared: Arc::clone(&shared),
            status: StatusCell::named(duty.worker()),
        };
        let workers = Duty::ALL.map(worker).into();
        (workers, MaintenanceHandle(shared))
    }

    async fn round(&self, thorough: bool) {
        let lag = self.status.get().lag;
        self.status.set("busy", lag, None);
        let outcome = self.shared.round(self.duty, thorough, false).await;
        let (state, lag, error) = match outcome {
            Ok(report) => {
                let error = report.error();
                let state = if error.is_some() { "failing" } else { "idle" };
                let lag = self.shared.lag(self.duty).await;
                (state, report.waits.unwrap_or(lag), error)
            }
            Err(error) => ("failing", String::new(), Some(error)),
        };
        if let Some(error) = &error {
            tracing::error!(
                worker = self.duty.worker(),
                error,
                "upkeep of the tables has failed"
            );
        }
        self.status.set(state, lag, error);
    }
}

impl MaintenanceHandle {
    /// A round of a duty over all tables, now; compaction takes every day that has files to merge.
    pub async fn run(&self, duty: Duty) -> Result<DutyReport, String> {
        self.0.round(duty, true, true).await
    }

    /// Believes the wall clock from now on, for retention. Expiry and sweep wait for their hour all
    /// the same: somebody may have opened a table just before.
    pub async fn confirm_clock(&self) -> Result<(), String> {
        let env = &self.0.lake.env;
        let mut kept = self.0.lived.lock().await;
        let mut lived = self.0.lived(&mut kept).await?;
        lived.confirm(&*env.clock);
        *kept = Some(lived);
        lived.store(env).await.map_err(|error| chain(&error))
    }
}

impl Shared {
    async fn lived(&self, kept: &mut Option<Lived>) -> Result<Lived, String> {
        let env = &self.lake.env;
        let mut lived = match kept {
            Some(lived) => *lived,
            None => Lived::load(env).await.map_err(|error| chain(&error))?,
        };
        lived.advance(&*env.clock);
        *kept = Some(lived);
        Ok(lived)
    }

    async fn round(&self, duty: Duty, thorough: bool, all: bool) -> Result<DutyReport, String> {
        let (lived, clock) = {
            let mut kept = self.lived.lock().await;
            (self.lived(&mut kept).await?, &self.lake.env.clock)
        };
        let unsettled = self.lake.env.jumps.unsettled(&**clock);
        if let Some(rest) = unsettled.filter(|_| duty.minds_jumps()) {
            let minutes = rest.as_secs().div_ceil(60);
            return Ok(DutyReport {
                waits: Some(format!(
                    "the clock has jumped: nothing goes for {minutes} minutes"
                )),
                ..DutyReport::default()
            });
        }
        let round = Round {
            lake: &self.lake,
            settings: &self.settings,
            lived: lived.time(&**clock),
            thorough,
            all,
            events: &*self.events,
        };
        let mut report = round.run(duty).await;
        if duty == Duty::Retain {
            lived
                .store(&self.lake.env)
                .await
                .map_err(|error| chain(&error))?;
            report.waits = lived.behind(&**clock).map(|ahead| {
                format!(
                    "the clock is {} hours ahead of the time lived through, and what is older \
                     only by that stays; if it is right, run: headwater lake retain \
                     --confirm-clock",
                    ahead.as_secs() / 3_600
                )
            });
        }
        Ok(report)
    }

    /// What is still to do, in words.
    async fn lag(&self, duty: Duty) -> String {
        let tables = self.lake.all();
        let limits = &self.settings.compact;
        match duty {
            Duty::Compact => {
                let waiting: usize = tables.iter().map(|table| table.files_waiting(limits)).sum();
                format!("{waiting} files wait for a merge")
            }
            Duty::Expire => {
                let snapshots: usize = tables.iter().map(|table| table.snapshots()).sum();
                format!("{snapshots} snapshots are kept")
            }
            Duty::Sweep => left_over(tables.iter().map(|table| table.waiting())),
            Duty::Retain => {
                let retention = &self.settings.retention;
                let limited = tables.iter().filter(|t| retention.days(&t.name).is_some());
                match limited.count() {
                    0 => "everything is kept for ever".to_owned(),
                    count => format!("{count} tables are kept for a time"),
                }
            }
        }
    }
}

/// What the last sweeps of tables have left, in words.
fn left_over(tables: impl ExactSizeIterator<Item = Option<u64>>) -> String {
    let all = tables.len();
    let swept: Vec<u64> = tables.flatten().collect();
    let (files, others) = (swept.iter().sum::<u64>(), all - swept.len());
    let waits = format!("{files} files wait: younger than an hour, or held by a query");
    let unknown = format!("{others} of {all} tables are not swept yet");
    match (files, others) {
        (0, 0) => "nothing is left over".to_owned(),
        (_, 0) => waits,
        (0, _) => unknown,
        _ => format!("{waits}; {unknown}"),
    }
}

#[async_trait]
impl Worker for Maintenance {
    fn status(&self) -> WorkerStatus {
        self.status.get()
    }

    async fn run(&self, shutdown: Shutdown) {
        let clock: &Arc<dyn Clock> = &self.shared.lake.env.clock;
        let mut thorough_at = clock.monotonic() + THOROUGH_EVERY;
        while !shutdown.has_begun() {
            let now = clock.monotonic();
            let thorough = self.duty == Duty::Retain || now >= thorough_at;
            if thorough {
                thorough_at = now + THOROUGH_EVERY;
            }
            self.round(thorough).await;
            if shutdown.wait_for(clock.sleep(self.duty.pause())).await {
                break;
            }
        }
        let status = self.status.get();
        self.status.set("ended", status.lag, status.last_error);
    }
}
