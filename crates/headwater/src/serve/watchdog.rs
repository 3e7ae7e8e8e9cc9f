// SPDX-License-Identifier: Apache-2.0
//! The worker `watchdog`: tells the service manager that the server is well, at half of the time
//! that it grants, and only while that is true. A server that takes nothing in any more, or whose
//! timers stand still, falls silent and is started anew.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hw_identity::Identity;
use hw_kernel::worker::{StatusCell, Worker, WorkerStatus};
use hw_kernel::{Clock, Log, Shutdown};
use hw_model::AccountId;

use super::status;
use crate::machine::notify::Notify;

/// Looks, and tells.
pub(super) struct Watchdog {
    notify: Arc<Notify>,
    every: Duration,
    identity: Identity,
    log: Arc<dyn Log>,
    clock: Arc<dyn Clock>,
    status: StatusCell,
}

impl Watchdog {
    /// `None` if the manager does not wait for anything.
    pub(super) fn new(
        notify: &Arc<Notify>,
        identity: &Identity,
        log: &Arc<dyn Log>,
        clock: &Arc<dyn Clock>,
    ) -> Option<Self> {
        Some(Self {
            every: notify.watchdog()? / 2,
            notify: notify.clone(),
            identity: identity.clone(),
            log: log.clone(),
            clock: clock.clone(),
            status: StatusCell::named("watchdog"),
        })
    }

    /// What `/readyz` looks at.
    async fn well(&self) -> Result<(), String> {
        let catalog = self.identity.has_account(AccountId::FIRST).await;
        catalog.map_err(|error| format!("the catalog: {error}"))?;
        status::ready(&*self.log)
    }
}

#[async_trait]
impl Worker for Watchdog {
    fn status(&self) -> WorkerStatus {
        self.status.get()
    }

    async fn run(&self, shutdown: Shutdown) {
        loop {
            match self.well().await {
                Ok(()) => {
                    self.notify.alive();
                    self.status.set("idle", String::new(), None);
                }
                Err(why) => {
                    tracing::error!(%why, "the service manager is not told any more that all is well");
                    self.notify.status(&format!("Not ready: {why}"));
                    self.status.set("failing", String::new(), Some(why));
                }
            }
            if shutdown.wait_for(self.clock.sleep(self.every)).await {
                break;
            }
        }
        self.status.set("ended", String::new(), None);
    }
}
