// SPDX-License-Identifier: Apache-2.0
//! Damaged tables among the others: which they are, and whether one can be read again.

use hw_kernel::port::tables::TableError;
use hw_model::AccountId;

use crate::Lake;

/// A table that was put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ailing {
    pub account: AccountId,
    pub table: String,
    /// What is damaged.
    pub detail: String,
}

impl Lake {
    /// The tables that were put aside.
    pub(crate) fn ailing(&self) -> Vec<Ailing> {
        let ailing = |table: &std::sync::Arc<crate::table::LakeTable>| {
            Some(Ailing {
                account: table.account,
                table: table.name.clone(),
                detail: table.ailment()?,
            })
        };
        self.all().iter().filter_map(ailing).collect()
    }

    /// Puts a table aside if this error says that it is damaged; whether it does.
    pub(crate) fn put_aside(&self, account: AccountId, table: &str, error: &TableError) -> bool {
        let TableError::Damaged { detail, .. } = error else {
            return false;
        };
        match self.table(account, table) {
            Ok(table) => {
                if table.ailment().is_none() {
                    table.put_aside(detail.clone());
                }
                true
            }
            // It could not even be made.
            Err(_) => false,
        }
    }

    /// Whether a table that was put aside can be read again.
    pub(crate) async fn some_healed(&self) -> bool {
        for table in self.all() {
            if table.ailment().is_some() && table.has_healed(&self.env).await {
                return true;
            }
        }
        false
    }
}
