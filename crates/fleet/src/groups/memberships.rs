// SPDX-License-Identifier: Apache-2.0
//! Who is in which group, in pages (ListThingsInThingGroup, ListThingGroupsForThing).

use hw_model::AccountId;

use crate::page::{NamePage, limit};
use crate::{Fleet, FleetError};

impl Fleet {
    /// A page of the things in a group, from behind `after`; with those of the groups below it, if
    /// `far`. A thing is in one group of a tree, so none comes twice.
    pub async fn things_in_group(
        &self,
        account: AccountId,
        group_name: &str,
        far: bool,
        after: Option<&str>,
        count: usize,
    ) -> Result<NamePage, FleetError> {
        self.group(account, group_name).await?;
        let sql = if far {
            "SELECT m.thing_name FROM thing_group_lines l JOIN thing_group_members m \
             ON m.account = l.account AND m.group_name = l.group_name \
             WHERE l.account = $1 AND l.above_name = $2 AND m.thing_name > $3 \
             ORDER BY m.thing_name LIMIT $4"
        } else {
            "SELECT thing_name FROM thing_group_members \
             WHERE account = $1 AND group_name = $2 AND thing_name > $3 \
             ORDER BY thing_name LIMIT $4"
        };
        self.name_page(account, sql, group_name, after, count).await
    }

    /// A page of the groups that a thing is in itself, from behind `after`.
    pub async fn groups_of_thing(
        &self,
        account: AccountId,
        thing: &str,
        after: Option<&str>,
        count: usize,
    ) -> Result<NamePage, FleetError> {
        self.thing(account, thing).await?;
        let sql = "SELECT group_name FROM thing_group_members \
                   WHERE account = $1 AND thing_name = $2 AND group_name > $3 \
                   ORDER BY group_name LIMIT $4";
        self.name_page(account, sql, thing, after, count).await
    }

    async fn name_page(
        &self,
        account: AccountId,
        sql: &'static str,
        of: &str,
        after: Option<&str>,
        count: usize,
    ) -> Result<NamePage, FleetError> {
        let args = vec![
            account.into(),
            of.into(),
            after.unwrap_or_default().into(),
            limit(count).into(),
        ];
        NamePage::cut(&self.catalog.read(sql, args).await?, count)
    }
}
