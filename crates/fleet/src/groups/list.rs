// SPDX-License-Identifier: Apache-2.0
//! Groups by name, in pages (ListThingGroups).

use hw_model::AccountId;

use crate::page::{NamePage, limit};
use crate::{Fleet, FleetError};

/// Where to look for groups.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GroupScope<'a> {
    /// Everywhere.
    #[default]
    All,
    /// At the top.
    Top,
    /// Right below this group.
    Below(&'a str),
    /// Below this group, however deep.
    FarBelow(&'a str),
}

/// Which groups to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct GroupQuery<'a> {
    /// Where.
    pub scope: GroupScope<'a>,
    /// What names begin with.
    pub prefix: &'a str,
    /// From behind this name.
    pub after: Option<&'a str>,
    /// At most so many.
    pub count: usize,
}

/// Groups from a table with account and name, that fit what a scope asks for.
macro_rules! names {
    ($from:literal, $scope:literal) => {
        concat!(
            "SELECT group_name FROM ",
            $from,
            " WHERE account = $1 AND group_name > $2 AND substr(group_name, 1, $4) = $3 AND ",
            $scope,
            " ORDER BY group_name LIMIT $5"
        )
    };
}

impl Fleet {
    /// A page of the account's groups.
    pub async fn groups(
        &self,
        account: AccountId,
        query: &GroupQuery<'_>,
    ) -> Result<NamePage, FleetError> {
        let (sql, below) = match query.scope {
            GroupScope::All => (names!("thing_groups", "$6 = ''"), None),
            GroupScope::Top => (
                names!("thing_groups", "parent_name IS NULL AND $6 = ''"),
                None,
            ),
            GroupScope::Below(name) => (names!("thing_groups", "parent_name = $6"), Some(name)),
            GroupScope::FarBelow(name) => (
                names!("thing_group_lines", "above_name = $6 AND steps > 0"),
                Some(name),
            ),
        };
        if let Some(name) = below {
            self.group(account, name).await?;
        }
        let args = vec![
            account.into(),
            query.after.unwrap_or_default().into(),
            query.prefix.into(),
            (query.prefix.chars().count() as i64).into(),
            limit(query.count).into(),
            below.unwrap_or_default().into(),
        ];
        NamePage::cut(&self.catalog.read(sql, args).await?, query.count)
    }
}
