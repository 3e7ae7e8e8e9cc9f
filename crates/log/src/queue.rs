// SPDX-License-Identifier: Apache-2.0
//! What waits for the writer: bounded in bytes, never blocking who appends.

use std::sync::Arc;
use std::time::Duration;

use hw_kernel::port::log::{Done, LogError};
use hw_kernel::port::position::Position;
use parking_lot::{Condvar, Mutex};

/// A batch on its way. Its `done` is called exactly once, even if the writer loses it.
pub(crate) struct Pending {
    pub(crate) bytes: Vec<u8>,
    /// Why it is not written, if it was refused when it came.
    pub(crate) refusal: Option<LogError>,
    done: Option<Done>,
}

impl Pending {
    /// Drops its bytes; `why` is what it is answered when its turn comes.
    pub(crate) fn refuse(&mut self, why: LogError) {
        self.bytes = Vec::new();
        self.refusal.get_or_insert(why);
    }

    /// Says what became of it.
    pub(crate) fn answer(mut self, outcome: Result<Position, LogError>) {
        self.call(outcome);
    }

    fn call(&mut self, outcome: Result<Position, LogError>) {
        let Some(done) = self.done.take() else { return };
        let called = std::panic::AssertUnwindSafe(|| done(outcome));
        if std::panic::catch_unwind(called).is_err() {
            tracing::error!("who appended to the log panicked over the outcome");
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.call(Err(LogError::Failed(Arc::from("the writer has stopped"))));
    }
}

/// The writer's queue.
pub(crate) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    closing: Condvar,
    buffered_bytes_max: usize,
}

#[derive(Default)]
struct State {
    pending: Vec<Pending>,
    /// Bytes that wait or are being written.
    bytes: usize,
    writer_sleeps: bool,
    is_closed: bool,
}

impl Queue {
    pub(crate) fn new(buffered_bytes_max: usize) -> Self {
        Self {
            state: Mutex::default(),
            filled: Condvar::new(),
            closing: Condvar::new(),
            buffered_bytes_max,
        }
    }

    /// Takes a batch in. Beyond the limit only its `done` is kept, for the writer to call; a batch
    /// larger than the limit is taken when nothing else waits.
    pub(crate) fn push(&self, mut bytes: Vec<u8>, done: Done) {
        let mut state = self.state.lock();
        let mut refusal = None;
        if state.is_closed {
            drop(state);
            return done(Err(LogError::Closed));
        }
        if state.bytes > 0 && state.bytes + bytes.len() > self.buffered_bytes_max {
            bytes = Vec::new();
            refusal = Some(LogError::Backlog {
                buffered_bytes_max: self.buffered_bytes_max,
            });
        }
        state.bytes += bytes.len();
        state.pending.push(Pending {
            bytes,
            refusal,
            done: Some(done),
        });
        if state.writer_sleeps {
            self.filled.notify_one();
        }
    }

    /// Waits until something is there; `false` once the queue is closed and empty.
    pub(crate) fn wait(&self) -> bool {
        let mut state = self.state.lock();
        while state.pending.is_empty() && !state.is_closed {
            state.writer_sleeps = true;
            self.filled.wait(&mut state);
            state.writer_sleeps = false;
        }
        !state.pending.is_empty()
    }

    /// Lets more come in for `span`, or until the queue closes.
    pub(crate) fn linger(&self, span: Duration) {
        let mut state = self.state.lock();
        if !state.is_closed {
            self.closing.wait_for(&mut state, span);
        }
    }

    /// Whether nothing more is taken in.
    pub(crate) fn is_closed(&self) -> bool {
        self.state.lock().is_closed
    }

    /// Takes all that is there.
    pub(crate) fn take(&self) -> Vec<Pending> {
        std::mem::take(&mut self.state.lock().pending)
    }

    /// Bytes that were taken wait no longer.
    pub(crate) fn release(&self, bytes: usize) {
        self.state.lock().bytes -= bytes;
    }

    /// Takes nothing in any more; what is there is still written.
    pub(crate) fn close(&self) {
        self.state.lock().is_closed = true;
        self.filled.notify_one();
        self.closing.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[test]
    fn beyond_the_limit_only_the_answer_waits() {
        let queue = Queue::new(10);
        let (tell, told) = sync_channel(8);
        let push = |n: usize| {
            let tell = tell.clone();
            let done = move |outcome: Result<Position, LogError>| {
                tell.send((n, outcome)).expect("somebody listens");
            };
            queue.push(vec![0; n], Box::new(done));
        };
        push(50);
        push(1);
        let taken = queue.take();
        assert_eq!(taken[0].bytes.len(), 50, "alone, it may be larger");
        let refused = LogError::Backlog {
            buffered_bytes_max: 10,
        };
        let refusal = taken[1].refusal.clone().expect("refused");
        assert_eq!(refusal.to_string(), refused.to_string());
        push(2);
        assert!(
            queue.take()[0].refusal.is_some(),
            "it is still being written"
        );
        queue.release(50);
        push(3);
        assert!(queue.take()[0].refusal.is_none());
        drop(taken);
        queue.close();
        push(4);
        let told: Vec<_> = told
            .try_iter()
            .map(|(n, outcome)| (n, outcome.is_ok()))
            .collect();
        assert_eq!(
            told,
            [(2, false), (3, false), (50, false), (1, false), (4, false)]
        );
        assert!(!queue.wait());
    }
}
