// SPDX-License-Identifier: Apache-2.0
//! What is kept: which messages go to the Log, and so into the tables.

use std::collections::BTreeMap;

use hw_model::{AccountId, topic};

/// Which messages are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Keep {
    /// Every message.
    #[default]
    All,
    /// None: no message touches the disk.
    Off,
    /// Those that match one of their account's filters; all of an account that has no entry.
    Filters(BTreeMap<AccountId, Vec<String>>),
}

impl Keep {
    /// Whether messages of this topic are kept.
    pub fn keeps(&self, account: AccountId, name: &str) -> bool {
        match self {
            Keep::All => true,
            Keep::Off => false,
            Keep::Filters(accounts) => accounts
                .get(&account)
                .is_none_or(|filters| filters.iter().any(|filter| topic::matches(filter, name))),
        }
    }

    /// Checks the filters: the first that is not one, and why.
    pub fn check(&self) -> Result<(), (String, topic::BadTopic)> {
        let Keep::Filters(accounts) = self else {
            return Ok(());
        };
        for filter in accounts.values().flatten() {
            topic::check_filter(filter).map_err(|why| (filter.clone(), why))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_without_a_list_keeps_all() {
        let filters = vec!["a/#".to_owned(), "+/status".to_owned()];
        let keep = Keep::Filters([(AccountId::FIRST, filters)].into());
        assert!(keep.keeps(AccountId::FIRST, "a/b") && keep.keeps(AccountId::FIRST, "x/status"));
        assert!(!keep.keeps(AccountId::FIRST, "b") && keep.keeps(AccountId::MAX, "b"));
        assert_eq!(keep.check(), Ok(()));
        assert!(
            Keep::Filters([(AccountId::MAX, vec!["a#".into()])].into())
                .check()
                .is_err()
        );
        assert!(!Keep::Off.keeps(AccountId::MAX, "a"));
    }
}
