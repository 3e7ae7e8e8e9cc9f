// SPDX-License-Identifier: Apache-2.0
//! A statement's end, if it does not come by itself: its time is up, or its user cancels it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;
use tokio::time::{Sleep, sleep};

use crate::error::QueryError;

/// A guard that a portal's or cursor's next portion renews.
pub(super) type SharedGuard = Arc<tokio::sync::Mutex<Guard>>;

/// Made when a statement begins, kept until its last row is out.
pub(super) struct Guard {
    limit: Duration,
    time: Pin<Box<Sleep>>,
    cancelled: Pin<Box<OwnedNotified>>,
}

impl Guard {
    pub(super) fn new(limit: Duration, cancel: &Arc<Notify>) -> Self {
        Self {
            limit,
            time: Box::pin(sleep(limit)),
            // Hears what is said from now on, polled or not.
            cancelled: Box::pin(Arc::clone(cancel).notified_owned()),
        }
    }

    /// Does `work` unless the end comes first.
    pub(super) async fn or_end<T>(
        &mut self,
        work: impl Future<Output = Result<T, QueryError>>,
    ) -> Result<T, QueryError> {
        tokio::select! {
            biased;
            () = &mut self.cancelled => Err(QueryError::Cancelled),
            () = &mut self.time => Err(QueryError::Time(self.limit)),
            done = work => done,
        }
    }
}
