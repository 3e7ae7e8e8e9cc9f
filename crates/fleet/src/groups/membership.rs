// SPDX-License-Identifier: Apache-2.0
//! Putting things into groups and taking them out (AddThingToThingGroup, UpdateThingGroupsForThing).

use hw_kernel::admission::Touched;
use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::AccountId;

use super::GROUPS_OF_THING_MAX;
use crate::{Fleet, FleetError};

/// Most groups that one request puts a thing into and takes it out of.
const CHANGES_MAX: usize = 100;

impl Fleet {
    /// Puts a thing into a group. There already is fine. Live connections of the thing's principals
    /// follow.
    pub async fn add_to_group(
        &self,
        account: AccountId,
        thing: &str,
        group: &str,
    ) -> Result<(), FleetError> {
        self.change_groups(account, thing, &[group.to_owned()], &[])
            .await
    }

    /// Takes a thing out of a group. Not in it is fine. Live connections of the thing's principals
    /// follow.
    pub async fn remove_from_group(
        &self,
        account: AccountId,
        thing: &str,
        group: &str,
    ) -> Result<(), FleetError> {
        self.change_groups(account, thing, &[], &[group.to_owned()])
            .await
    }

    /// Takes a thing out of some groups, then puts it into others: all of it or nothing.
    pub async fn change_groups(
        &self,
        account: AccountId,
        thing: &str,
        add: &[String],
        remove: &[String],
    ) -> Result<(), FleetError> {
        if add.len() + remove.len() > CHANGES_MAX {
            return Err(FleetError::Invalid(format!(
                "at most {CHANGES_MAX} thing groups can be named at once"
            )));
        }
        self.thing(account, thing).await?;
        for group in add.iter().chain(remove) {
            self.group(account, group).await?;
        }
        let out = remove.iter().map(|group| out_of(account, thing, group));
        let into = add.iter().map(|group| self.enter(account, thing, group));
        let statements: Vec<_> = out.chain(into).collect();
        if statements.is_empty() {
            return Ok(());
        }
        match self.catalog.write(statements).await {
            Err(CatalogError::Conflict { index, .. }) => {
                let group = add.get(index.saturating_sub(remove.len()));
                let group = group.map_or("", String::as_str);
                return Err(self
                    .not_added(account, (thing, group), (add, remove))
                    .await?);
            }
            done => done?,
        };
        let touched = Touched::Thing(thing.to_owned());
        self.changes.touched(account, &touched);
        Ok(())
    }

    /// One statement: of two at once the second sees the first, and neither thing nor group can go in
    /// between. Groups of one tree share at least its top.
    fn enter(&self, account: AccountId, thing: &str, group: &str) -> Statement {
        let sql = "INSERT INTO thing_group_members (account, thing_name, group_name, added_us) \
                   SELECT $1, $2, $3, $4 WHERE EXISTS \
                   (SELECT 1 FROM things WHERE account = $1 AND thing_name = $2) \
                   AND EXISTS (SELECT 1 FROM thing_groups \
                    WHERE account = $1 AND group_name = $3) \
                   AND NOT EXISTS (SELECT 1 FROM thing_group_members m \
                    CROSS JOIN thing_group_lines theirs CROSS JOIN thing_group_lines ours \
                    WHERE m.account = $1 AND m.thing_name = $2 AND m.group_name <> $3 \
                    AND theirs.account = m.account AND theirs.group_name = m.group_name \
                    AND ours.account = m.account AND ours.group_name = $3 \
                    AND ours.above_name = theirs.above_name) \
                   AND (SELECT count(*) FROM thing_group_members m WHERE m.account = $1 \
                    AND m.thing_name = $2 AND m.group_name <> $3) < $5 \
                   ON CONFLICT (account, thing_name, group_name) \
                   DO UPDATE SET added_us = thing_group_members.added_us";
        let args = vec![
            account.into(),
            thing.into(),
            group.into(),
            self.clock.now().into(),
            (GROUPS_OF_THING_MAX as i64).into(),
        ];
        Statement::new(sql, args).expecting(1)
    }

    /// Why a thing could not be put into a group.
    async fn not_added(
        &self,
        account: AccountId,
        (thing, group): (&str, &str),
        (add, remove): (&[String], &[String]),
    ) -> Result<FleetError, FleetError> {
        self.thing(account, thing).await?;
        self.group(account, group).await?;
        let mut would_be = self.groups_with(account, thing).await?;
        would_be.retain(|known| !remove.contains(known));
        would_be.extend(add.iter().cloned());
        would_be.retain(|known| known != group);
        would_be.sort();
        would_be.dedup();
        let top = self.top_of(account, group).await?;
        for other in &would_be {
            if self.top_of(account, other).await? == top {
                return Ok(FleetError::Invalid(format!(
                    "thing {thing} can't be in thing groups {group} and {other}: both are in the \
                     tree of {top}, and a thing is in one group of a tree"
                )));
            }
        }
        Ok(FleetError::Invalid(format!(
            "a thing is in at most {GROUPS_OF_THING_MAX} thing groups; take {thing} out of one first"
        )))
    }

    /// All groups that a thing is in itself.
    async fn groups_with(
        &self,
        account: AccountId,
        thing: &str,
    ) -> Result<Vec<String>, FleetError> {
        let sql = "SELECT group_name FROM thing_group_members \
                   WHERE account = $1 AND thing_name = $2 ORDER BY group_name";
        let args = vec![account.into(), thing.into()];
        let rows = self.catalog.read(sql, args).await?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }

    /// The group at the top of a group's tree; itself, if it is that.
    async fn top_of(&self, account: AccountId, group: &str) -> Result<String, FleetError> {
        let above = self.groups_above(account, group).await?;
        Ok(above.into_iter().next().unwrap_or_else(|| group.to_owned()))
    }
}

fn out_of(account: AccountId, thing: &str, group: &str) -> Statement {
    let sql = "DELETE FROM thing_group_members \
               WHERE account = $1 AND thing_name = $2 AND group_name = $3";
    Statement::new(sql, vec![account.into(), thing.into(), group.into()])
}
