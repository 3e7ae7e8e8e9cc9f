// SPDX-License-Identifier: Apache-2.0
//! Whose tables a commit is for.

use std::collections::BTreeSet;

use hw_model::AccountId;

/// Tables of all accounts, or of some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    All,
    Accounts(BTreeSet<AccountId>),
}

impl Scope {
    /// Whether it holds all that somebody wants: an account, or everything.
    pub fn holds(&self, wanted: Option<AccountId>) -> bool {
        match self {
            Self::All => true,
            Self::Accounts(accounts) => wanted.is_some_and(|account| accounts.contains(&account)),
        }
    }
}
