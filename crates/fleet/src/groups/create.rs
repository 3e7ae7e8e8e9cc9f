// SPDX-License-Identifier: Apache-2.0
//! Making a group, at the top or in another one (CreateThingGroup).

use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_kernel::tags;
use hw_model::arn::Kind;
use hw_model::{AccountId, Tag, name, tag};

use super::{CHILDREN_MAX, GroupProperties, LEVELS_MAX, ThingGroup};
use crate::{Fleet, FleetError, attributes};

impl Fleet {
    /// Makes a group. The same again gives the one that is there, with the tags it has. Nobody is in
    /// it yet, so it touches no principal.
    pub async fn create_group(
        &self,
        account: AccountId,
        group_name: &str,
        parent: Option<&str>,
        properties: GroupProperties,
        given: &[Tag],
    ) -> Result<ThingGroup, FleetError> {
        name::thing_group(group_name)?;
        properties.check()?;
        tag::check(given)?;
        let made = ThingGroup {
            name: group_name.to_owned(),
            id: uuid::Uuid::new_v4().to_string(),
            parent: parent.map(str::to_owned),
            properties,
            version: 1,
            created: self.clock.now(),
        };
        let mut statements = insert(account, &made);
        statements.extend(tags::insert(account, Kind::ThingGroup, group_name, given));
        match self.catalog.write(statements).await {
            Ok(_) => Ok(made),
            // It is there, or can't be where it should.
            Err(CatalogError::Constraint { .. } | CatalogError::Conflict { .. }) => {
                self.same_group(account, made).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The group that is there instead of `wanted`, if it is the same.
    async fn same_group(
        &self,
        account: AccountId,
        wanted: ThingGroup,
    ) -> Result<ThingGroup, FleetError> {
        match self.group(account, &wanted.name).await {
            Ok(known) if known.parent == wanted.parent && known.properties == wanted.properties => {
                Ok(known)
            }
            Ok(known) => Err(FleetError::Exists {
                what: "thing group",
                name: known.name,
                id: known.id,
            }),
            Err(FleetError::Missing { .. }) => match &wanted.parent {
                Some(parent) => Err(self.no_room_in(account, parent).await?),
                None => Err(FleetError::Busy(format!("thing group {}", wanted.name))),
            },
            Err(error) => Err(error),
        }
    }

    /// Why no group can be made in this one.
    async fn no_room_in(&self, account: AccountId, parent: &str) -> Result<FleetError, FleetError> {
        self.group(account, parent).await?;
        let above = self.groups_above(account, parent).await?;
        Ok(FleetError::Invalid(if above.len() + 1 >= LEVELS_MAX {
            format!(
                "thing group {parent} is on level {LEVELS_MAX}, and a tree of groups has no more"
            )
        } else {
            format!(
                "thing group {parent} has {CHILDREN_MAX} groups right below it, and can have no more"
            )
        }))
    }
}

/// The group, and its line up to the top.
fn insert(account: AccountId, made: &ThingGroup) -> Vec<Statement> {
    let group = "INSERT INTO thing_groups (account, group_name, group_id, parent_name, \
         description, attributes, version, created_us) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE $9 = '' OR \
         ((SELECT count(*) FROM thing_group_lines \
           WHERE account = $1 AND group_name = $9) BETWEEN 1 AND $10 \
          AND (SELECT count(*) FROM thing_groups \
           WHERE account = $1 AND parent_name = $9) < $11)";
    let parent = made.parent.as_deref();
    let args = vec![
        account.into(),
        made.name.as_str().into(),
        made.id.as_str().into(),
        parent.into(),
        made.properties.description.as_deref().into(),
        attributes::text(&made.properties.attributes).into(),
        made.version.into(),
        made.created.into(),
        parent.unwrap_or_default().into(),
        (LEVELS_MAX as i64 - 1).into(),
        (CHILDREN_MAX as i64).into(),
    ];
    let own = "INSERT INTO thing_group_lines (account, group_name, above_name, steps) \
               VALUES ($1, $2, $2, 0)";
    let above = "INSERT INTO thing_group_lines (account, group_name, above_name, steps) \
                 SELECT account, $2, above_name, steps + 1 FROM thing_group_lines \
                 WHERE account = $1 AND group_name = $3";
    let key = || vec![account.into(), made.name.as_str().into()];
    let from = vec![parent.unwrap_or_default().into()];
    vec![
        Statement::new(group, args).expecting(1),
        Statement::new(own, key()).expecting(1),
        Statement::new(above, [key(), from].concat()),
    ]
}
