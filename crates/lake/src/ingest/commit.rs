// SPDX-License-Identifier: Apache-2.0
//! The worker's commits: started when due, run beside the reading, and what follows from how they
//! end.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use hw_kernel::port::tables::TableError;
use tokio::task::{JoinError, JoinHandle};

use super::handle::{Flush, FlushError};
use super::pace::Pace;
use super::run::{Closing, Part, Run, STREAMS, decoder};
use crate::error::chain;
use crate::scope::Scope;

/// How a commit's task ended.
pub(super) type Committed = Result<Result<(), TableError>, JoinError>;

impl Run<'_> {
    /// What is to be committed now, if anything: all that waits when it is time or when somebody
    /// asks for it, else the tables of the accounts that ask for theirs.
    pub(super) fn due(&self) -> Option<Scope> {
        let waiting = self.ingest.lake.buffered();
        let due_in = self.pace.due_in(self.now(), waiting, &self.ingest.limits);
        if due_in == Some(Duration::ZERO) {
            return Some(Scope::All);
        }
        let here = &self.decoder.cursor().position;
        let ripe = self
            .waiting
            .iter()
            .filter(|flush| here.covers(&flush.target));
        let accounts: Option<BTreeSet<_>> = ripe.map(|flush| flush.account).collect();
        match accounts {
            None => Some(Scope::All),
            Some(accounts) if accounts.is_empty() => None,
            Some(accounts) => Some(Scope::Accounts(accounts)),
        }
    }

    /// Starts a commit of what was appended so far; reading goes on beside it.
    pub(super) async fn start_commit(&mut self, scope: Scope) -> Result<(), Closing> {
        let now = self.now();
        self.decoder.write_counts(self.moment());
        self.append().await?;
        let cursor = self.decoder.cursor().clone();
        let ripe =
            |flush: &Flush| cursor.position.covers(&flush.target) && scope.holds(flush.account);
        (self.serving, self.waiting) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(ripe);
        if scope == Scope::All {
            self.pace.started(now, &self.ingest.limits);
        }
        let lake = Arc::clone(&self.ingest.lake);
        self.commit = Some(tokio::spawn(
            async move { lake.commit(&scope, &cursor).await },
        ));
        Ok(())
    }

    pub(super) async fn committed(&mut self, outcome: Committed) {
        let served = std::mem::take(&mut self.serving);
        match outcome {
            Ok(Ok(())) => {
                self.works_again(Part::Commit);
                self.ingest.figures.committed();
                self.let_go().await;
                self.tell_of_ailing();
                for flush in served {
                    let ailment = self.ailment(flush.account);
                    let answer = ailment.map_or(Ok(()), |words| Err(FlushError::Failed(words)));
                    drop(flush.done.send(answer));
                }
            }
            Ok(Err(TableError::Stale(table))) => {
                let error = format!("table {table} was changed by somebody else: reading again");
                self.report_failure(Part::Commit, &error);
                self.waiting.extend(served);
                self.start_again().await;
            }
            Ok(Err(error)) => self.commit_failed(chain(&error), served),
            Err(error) => self.commit_failed(chain(&error), served),
        }
    }

    fn commit_failed(&mut self, error: String, served: Vec<Flush>) {
        self.report_failure(Part::Commit, &error);
        self.pace.failed(self.now(), &self.ingest.limits);
        for flush in served {
            drop(flush.done.send(Err(FlushError::Failed(error.clone()))));
        }
    }

    /// Forgets what is not committed and reads it again: a commit's outcome was not what it said.
    pub(super) async fn start_again(&mut self) {
        if let Err(error) = self.ingest.lake.reload().await {
            self.report_failure(Part::Commit, &chain(&error));
            self.pace.failed(self.now(), &self.ingest.limits);
            return;
        }
        self.decoder = decoder(self.ingest);
        self.pace = Pace::default();
    }

    /// Frees the Log up to where all tables have come.
    async fn let_go(&self) {
        let common = self.ingest.lake.common_cursor().position;
        for stream in STREAMS {
            if let Err(error) = self.ingest.log.trim(stream, &common).await {
                tracing::warn!(error = %chain(&error), "the log could not be trimmed");
            }
        }
    }

    /// Ends in good order: what is buffered is committed if that is quick, else the Log has it.
    pub(super) async fn close(&mut self) {
        let limit = self.ingest.clock.sleep(self.ingest.limits.closing_max);
        let last_commits = async {
            if let Some(commit) = self.commit.take() {
                self.committed(commit.await).await;
            }
            if self.ingest.lake.buffered().rows > 0 && self.start_commit(Scope::All).await.is_ok() {
                let outcome = ended(&mut self.commit).await;
                self.committed(outcome).await;
            }
        };
        tokio::select! {
            () = last_commits => {}
            () = limit => tracing::warn!("the last commit took too long: its rows stay in the log"),
        }
    }
}

/// Resolves when the running commit ends; never if none runs.
pub(super) async fn ended(commit: &mut Option<JoinHandle<Result<(), TableError>>>) -> Committed {
    match commit {
        Some(commit) => commit.await,
        None => pending().await,
    }
}
