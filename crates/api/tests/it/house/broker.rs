// SPDX-License-Identifier: Apache-2.0
//! A broker without clients and retained messages, which takes messages in and keeps them.

use std::collections::HashSet;

use async_trait::async_trait;
use hw_kernel::clients::{ClientDetail, ClientPage, Clients, ClientsWanted, KickError, Kicked};
use hw_kernel::retained::{RetainedPage, RetainedStore};
use hw_kernel::{Ingest, IngestError, Submission};
use hw_model::topic::BadTopic;
use hw_model::trace::Producer;
use hw_model::{AccountId, TraceId};
use parking_lot::Mutex;

/// Nobody is there.
pub struct NoClients;

impl Clients for NoClients {
    fn clients(&self, _: AccountId, _: &ClientsWanted) -> ClientPage {
        ClientPage::default()
    }

    fn client(&self, _: AccountId, _: &str) -> Option<ClientDetail> {
        None
    }

    fn connected_things(&self, _: AccountId, _: Option<&HashSet<String>>) -> HashSet<String> {
        HashSet::new()
    }

    fn kick(&self, _: AccountId, _: &str, _: &str, _: bool) -> Result<Kicked, KickError> {
        Err(KickError::Nobody)
    }
}

/// Nothing is retained.
pub struct NothingRetained;

#[async_trait]
impl RetainedStore for NothingRetained {
    fn retained(
        &self,
        _: AccountId,
        _: &str,
        _: Option<&str>,
        _: usize,
    ) -> Result<RetainedPage, BadTopic> {
        Ok(RetainedPage::default())
    }

    async fn clear(&self, _: AccountId, _: &str, _: &str) -> Result<(), IngestError> {
        Ok(())
    }
}

/// What was published; topics under `$aws` are refused.
#[derive(Default)]
pub struct Inbox(Mutex<Vec<Submission>>);

impl Inbox {
    pub fn take(&self) -> Vec<Submission> {
        std::mem::take(&mut self.0.lock())
    }
}

#[async_trait]
impl Ingest for Inbox {
    async fn publish(&self, submission: Submission) -> Result<TraceId, IngestError> {
        if submission.topic.starts_with("$aws") {
            return Err(IngestError::Denied("a reserved topic".into()));
        }
        self.0.lock().push(submission);
        Ok(TraceId {
            producer: Producer { epoch: 1, shard: 0 },
            sequence: 7,
        })
    }
}
