// SPDX-License-Identifier: Apache-2.0
//! A broker without clients and retained messages.

use async_trait::async_trait;
use hw_kernel::IngestError;
use hw_kernel::clients::{ClientDetail, ClientPage, Clients, ClientsWanted, KickError, Kicked};
use hw_kernel::retained::{RetainedPage, RetainedStore};
use hw_model::AccountId;
use hw_model::topic::BadTopic;

/// Nobody is there.
pub struct NoClients;

impl Clients for NoClients {
    fn clients(&self, _: AccountId, _: &ClientsWanted) -> ClientPage {
        ClientPage::default()
    }

    fn client(&self, _: AccountId, _: &str) -> Option<ClientDetail> {
        None
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
