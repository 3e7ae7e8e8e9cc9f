// SPDX-License-Identifier: Apache-2.0
//! Messages that come by no connection, on their way to a shard.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use hw_kernel::{Ingest, IngestError, Submission};
use hw_model::TraceId;
use hw_session::home_shard;
use tokio::sync::oneshot;

use crate::Broker;

/// Messages that may wait for one shard.
const INJECTIONS_MAX: usize = 1_024;

/// What becomes of a message.
pub type Taken = Result<TraceId, IngestError>;

/// A message and who waits for its fate.
#[derive(Debug)]
pub struct Injection {
    /// The message.
    pub submission: Submission,
    /// Hears of it.
    pub done: oneshot::Sender<Taken>,
}

#[async_trait]
impl Ingest for Broker {
    async fn publish(&self, submission: Submission) -> Taken {
        let busy = |why: &str| IngestError::Busy(why.to_owned());
        if self.shared.stop.load(Ordering::SeqCst) {
            return Err(busy("the server ends"));
        }
        // One sender's messages stay in order: they all go to one shard.
        let lanes = self.shared.lanes();
        let principal = &submission.principal;
        let home = home_shard(
            principal.account,
            &principal.id.to_string(),
            lanes.len() as u16,
        );
        let lane = &lanes[usize::from(home)];
        let (done, told) = oneshot::channel();
        {
            let mut waiting = lane.injections.lock();
            if waiting.len() >= INJECTIONS_MAX {
                return Err(busy("too many messages wait to be taken in"));
            }
            waiting.push(Injection { submission, done });
        }
        lane.signal();
        told.await
            .unwrap_or_else(|_| Err(busy("the server ended before it was stored")))
    }
}
