// SPDX-License-Identifier: Apache-2.0
//! How planning ends when nobody waits for it any more: its time is up, its user cancelled it, its
//! client went away. Planning computes without a pause, so a task can't be taken from it; instead
//! it asks now and then.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::QueryError;

tokio::task_local! {
    static ALONE: Arc<AtomicBool>;
    static PLANNING: ();
}

/// Held by who waits; work is alone once it is dropped.
pub(super) struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// `work` that can ask whether somebody waits, and what that somebody holds.
pub(super) fn waited_for<F: Future>(work: F) -> (Waiting, impl Future<Output = F::Output>) {
    let alone = Arc::new(AtomicBool::new(false));
    let waiting = Waiting(Arc::clone(&alone));
    (waiting, ALONE.scope(alone, work))
}

/// # Errors
/// `Cancelled` if nobody waits for the work that asks.
pub(crate) fn if_alone() -> Result<(), QueryError> {
    match ALONE.try_with(|alone| alone.load(Ordering::Relaxed)) {
        Ok(true) => Err(QueryError::Cancelled),
        _ => Ok(()),
    }
}

/// Work that plans: what it makes of constants becomes a part of the plan, see [`is_planning`].
pub(crate) fn planning<F: Future>(work: F) -> impl Future<Output = F::Output> {
    PLANNING.scope((), work)
}

/// Whether this is asked while a statement is planned.
pub(crate) fn is_planning() -> bool {
    PLANNING.try_with(|()| ()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_hears_that_nobody_waits() {
        let (waiting, work) = waited_for(async { if_alone() });
        assert!(work.await.is_ok());
        drop(waiting);
        let (waiting, work) = waited_for(async { if_alone() });
        drop(waiting);
        assert!(matches!(work.await, Err(QueryError::Cancelled)));
        assert!(if_alone().is_ok(), "nobody ever waited");
    }

    #[tokio::test]
    async fn planning_knows_itself() {
        assert!(!is_planning());
        assert!(planning(async { is_planning() }).await);
    }
}
