// SPDX-License-Identifier: Apache-2.0
//! Whether the demo's server is there: for those who ask it things and live through a pulled plug.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::client::ClientError;

/// How long after a question failed the end of the server may be noticed.
const NOTICED_MAX: Duration = Duration::from_secs(1);
/// For so long after a start its clients may still speak of the end before it.
const SHAKEN: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy)]
struct State {
    /// How often it has been started.
    starts: u32,
    up: bool,
    since: Instant,
}

/// What the one knows who starts the server. When it is dropped, nobody does any more.
#[derive(Debug)]
pub(super) struct Watch(watch::Sender<State>);

/// What the others ask.
#[derive(Debug, Clone)]
pub(super) struct Presence(watch::Receiver<State>);

/// Of a server that is up for the first time.
pub(super) fn channel() -> (Watch, Presence) {
    let (sender, receiver) = watch::channel(State {
        starts: 1,
        up: true,
        since: Instant::now(),
    });
    (Watch(sender), Presence(receiver))
}

impl Watch {
    /// It has ended.
    pub(super) fn gone(&self) {
        self.0.send_modify(|state| state.up = false);
    }

    /// It has been started again.
    pub(super) fn back(&self) {
        self.0.send_modify(|state| {
            *state = State {
                starts: state.starts + 1,
                up: true,
                since: Instant::now(),
            };
        });
    }
}

impl Presence {
    /// Asks, and asks again once the server is back if it went in the middle of it.
    pub(super) async fn ask<T, F>(&self, mut question: impl FnMut() -> F) -> Result<T, ClientError>
    where
        F: Future<Output = Result<T, ClientError>>,
    {
        loop {
            let starts = self.0.borrow().starts;
            match question().await {
                Err(error)
                    if !matches!(error, ClientError::Answer { .. })
                        && self.is_back(starts).await => {}
                done => return done,
            }
        }
    }

    /// Waits until it has been started more often than that; `false` if it is not gone, or nobody
    /// starts it any more.
    async fn is_back(&self, starts: u32) -> bool {
        let mut state = self.0.clone();
        let gone = state.wait_for(|state| !state.up || state.starts > starts);
        if !matches!(timeout(NOTICED_MAX, gone).await, Ok(Ok(_))) {
            return false;
        }
        let back = state.wait_for(|state| state.up && state.starts > starts);
        back.await.is_ok()
    }

    /// Whether it is gone, is about to be noticed as gone, or was so a moment ago.
    pub(super) async fn is_shaken(&self) -> bool {
        let mut state = self.0.clone();
        let shaken =
            |state: &State| !state.up || (state.starts > 1 && state.since.elapsed() < SHAKEN);
        timeout(NOTICED_MAX, state.wait_for(shaken)).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn broken() -> ClientError {
        ClientError::NoServer { data: "d".into() }
    }

    fn refused() -> ClientError {
        ClientError::Answer {
            status: 403,
            kind: "denied".into(),
            message: "no".into(),
        }
    }

    #[tokio::test]
    async fn a_question_lives_through_a_pulled_plug() {
        let (watch, presence) = channel();
        let asked = Cell::new(0);
        let question = || async {
            asked.set(asked.get() + 1);
            match asked.get() {
                1 => Err(broken()),
                number => Ok(number),
            }
        };
        let pulled = async {
            watch.gone();
            tokio::task::yield_now().await;
            watch.back();
        };
        let (answer, ()) = tokio::join!(presence.ask(question), pulled);
        assert_eq!(answer.expect("an answer"), 2);
        assert!(presence.is_shaken().await);
    }

    #[tokio::test]
    async fn refusals_and_a_server_that_ended_are_told() {
        let (watch, presence) = channel();
        let no = presence.ask(|| async { Err::<(), _>(refused()) }).await;
        assert!(matches!(no, Err(ClientError::Answer { .. })));
        drop(watch);
        let gone = presence.ask(|| async { Err::<(), _>(broken()) }).await;
        assert!(matches!(gone, Err(ClientError::NoServer { .. })));
    }
}
