// SPDX-License-Identifier: Apache-2.0
//! The worker `log.watch`: tells by event when the log stops taking messages, and when it goes on.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hw_kernel::worker::{StatusCell, Worker, WorkerStatus};
use hw_kernel::{Clock, Event, EventSink, Shutdown};
use hw_model::AccountId;

use crate::log::Shared;

/// How often it looks.
const TICK: Duration = Duration::from_secs(1);

/// Looks at the log.
pub(crate) struct Watch {
    pub(crate) shared: Arc<Shared>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventSink>,
    pub(crate) status: StatusCell,
}

#[async_trait]
impl Worker for Watch {
    fn status(&self) -> WorkerStatus {
        self.status.get()
    }

    async fn run(&self, shutdown: Shutdown) {
        let mut before = None;
        self.status.set("idle", String::new(), None);
        while !shutdown.wait_for(self.clock.sleep(TICK)).await {
            let now = self.shared.stopped();
            if now != before {
                let state = if now.is_some() { "failing" } else { "idle" };
                self.status.set(
                    state,
                    String::new(),
                    now.as_ref().map(|(_, why)| why.clone()),
                );
                let (outcome, cause) = match &now {
                    Some((outcome, why)) => (*outcome, why.clone()),
                    None => ("ok", "messages are taken again".to_owned()),
                };
                self.events
                    .emit(Event::new(AccountId::FIRST, "log", outcome, cause));
                before = now;
            }
        }
        self.status.set("ended", String::new(), None);
    }
}
