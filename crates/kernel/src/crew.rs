// SPDX-License-Identifier: Apache-2.0
//! All workers of a server: one list that starts them, ends them and tells how they stand.

use std::collections::HashMap;
use std::sync::Arc;

use futures::FutureExt;
use parking_lot::Mutex;
use tokio::task::JoinSet;

use crate::shutdown::Shutdown;
use crate::worker::{Worker, WorkerStatus};

/// The workers, in the order in which they were hired.
#[derive(Default)]
pub struct Crew {
    workers: Vec<Arc<dyn Worker>>,
    /// Words of those that panicked, by name: they do not work any more.
    fallen: Mutex<HashMap<String, String>>,
}

impl Crew {
    /// Adds one.
    pub fn hire(&mut self, worker: Arc<dyn Worker>) {
        self.workers.push(worker);
    }

    /// How each stands now.
    pub fn statuses(&self) -> Vec<WorkerStatus> {
        let fallen = self.fallen.lock();
        let status = |worker: &Arc<dyn Worker>| {
            let mut status = worker.status();
            if let Some(words) = fallen.get(&status.name) {
                status.state = "failed".into();
                status.last_error = Some(words.clone());
            }
            status
        };
        self.workers.iter().map(status).collect()
    }

    /// Starts all of them. They end in good order once shutdown begins; the set is empty then.
    ///
    /// One that panics takes nobody with it: it is told of in its status and in the log, and the
    /// next start of the server starts it again.
    pub fn start(self: &Arc<Self>, shutdown: &Shutdown) -> JoinSet<()> {
        let mut running = JoinSet::new();
        for worker in &self.workers {
            let (crew, worker, shutdown) = (self.clone(), worker.clone(), shutdown.clone());
            running.spawn(async move {
                let work = std::panic::AssertUnwindSafe(worker.run(shutdown));
                if let Err(panic) = work.catch_unwind().await {
                    crew.fell(worker.status().name, &*panic);
                }
            });
        }
        running
    }

    fn fell(&self, worker: String, panic: &(dyn std::any::Any + Send)) {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let words = format!(
            "a fault in the program ended it: {}; start the server again, and report this",
            text.unwrap_or_default()
        );
        tracing::error!(worker.name = worker, error = words, "a worker has ended");
        self.fallen.lock().insert(worker, words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shutdown::channel;
    use crate::worker::StatusCell;

    struct One(StatusCell, bool);

    #[async_trait::async_trait]
    impl Worker for One {
        fn status(&self) -> WorkerStatus {
            self.0.get()
        }

        async fn run(&self, shutdown: Shutdown) {
            self.0.set("idle", String::new(), None);
            assert!(!self.1, "broken");
            shutdown.begun().await;
            self.0.set("ended", String::new(), None);
        }
    }

    #[tokio::test]
    async fn one_that_panics_is_told_of_and_the_others_end_in_good_order() {
        let mut crew = Crew::default();
        crew.hire(Arc::new(One(StatusCell::named("bad"), true)));
        crew.hire(Arc::new(One(StatusCell::named("good"), false)));
        let crew = Arc::new(crew);
        let (end, shutdown) = channel();
        let mut running = crew.start(&shutdown);
        running.join_next().await;
        let statuses = crew.statuses();
        assert_eq!(statuses[0].state, "failed");
        assert!(
            statuses[0]
                .last_error
                .as_ref()
                .is_some_and(|e| e.contains("broken"))
        );
        end.begin();
        running.join_all().await;
        assert_eq!(crew.statuses()[1].state, "ended");
    }
}
