// SPDX-License-Identifier: Apache-2.0
//! The worker and damaged tables: it tells of them, goes on with the others, and reads the Log
//! again from where a table stood once that can be read.

use hw_kernel::Event;
use hw_kernel::port::tables::TableError;
use hw_model::AccountId;

use super::run::Run;
use crate::aside::Ailing;

/// What people are told of a table that was put aside.
fn words(ailing: &Ailing) -> String {
    format!(
        "table {} of account {} is damaged ({}): its rows wait in the log, which is not trimmed \
         meanwhile; put its files back from a backup, and they are filled in",
        ailing.table, ailing.account, ailing.detail
    )
}

impl Run<'_> {
    /// Tells of tables that were put aside since the last call.
    pub(super) fn tell_of_ailing(&mut self) {
        let ailing = self.ingest.lake.ailing();
        let now = self.moment();
        for ill in &ailing {
            let words = words(ill);
            if self.told.insert((ill.account, ill.table.clone())) {
                tracing::error!(table = ill.table, account = %ill.account, words);
                self.decoder
                    .tell(Event::new(ill.account, "table", "damaged", words), now);
            }
        }
        self.ailing = ailing.first().map(words);
    }

    /// What is to be said instead of that all is in Parquet; to an account only what is its own.
    pub(super) fn ailment(&self, account: Option<AccountId>) -> Option<String> {
        match account {
            None => self.ailing.clone(),
            Some(account) => {
                let ailing = self.ingest.lake.ailing();
                let own = ailing.iter().find(|ailing| ailing.account == account);
                own.map(words)
            }
        }
    }

    /// Goes back to where a damaged table stood, if one can be read again.
    pub(super) async fn heal(&mut self) {
        if self.ailing.is_none() || self.commit.is_some() || self.now() < self.heal_at {
            return;
        }
        self.heal_at = self.now() + self.ingest.limits.heal_after;
        if self.ingest.lake.some_healed().await {
            tracing::info!(
                "a table that was damaged can be read again: the log is read from there"
            );
            self.told.clear();
            self.ailing = None;
            self.start_again().await;
        }
    }

    /// Whether the error is that of one table, which is put aside; the others go on.
    pub(super) fn is_put_aside(
        &mut self,
        account: AccountId,
        table: &str,
        error: &TableError,
    ) -> bool {
        let aside = self.ingest.lake.put_aside(account, table, error);
        if aside {
            self.tell_of_ailing();
        }
        aside
    }
}
