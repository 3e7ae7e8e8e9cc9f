// SPDX-License-Identifier: Apache-2.0
//! Static groups of things: a forest, in which a group has one parent for good. What a group is, and
//! how one is found.

mod create;
mod delete;
mod list;
mod membership;
mod memberships;
mod update;

pub use list::{GroupQuery, GroupScope};
pub use update::GroupUpdate;

use std::collections::BTreeMap;

use hw_kernel::port::catalog::Row;
use hw_model::{AccountId, Timestamp, name};

use crate::{Fleet, FleetError, attributes};

/// Groups from the top of a tree to its deepest one, at most, as on AWS IoT.
pub const LEVELS_MAX: usize = 7;

/// Most groups right below one, as on AWS IoT.
pub const CHILDREN_MAX: usize = 100;

/// Most groups that a thing is in, as on AWS IoT.
pub const GROUPS_OF_THING_MAX: usize = 10;

/// What people say of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupProperties {
    /// In words.
    pub description: Option<String>,
    /// Attributes of the group; its things do not have them.
    pub attributes: BTreeMap<String, String>,
}

impl GroupProperties {
    fn check(&self) -> Result<(), FleetError> {
        if let Some(description) = &self.description {
            name::description(description)?;
        }
        attributes::check(&self.attributes)
    }
}

/// A group of things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThingGroup {
    /// Its name.
    pub name: String,
    /// UUID.
    pub id: String,
    /// The group that it is in.
    pub parent: Option<String>,
    /// What people say of it.
    pub properties: GroupProperties,
    /// Counts changes, from 1.
    pub version: i64,
    /// When it was made.
    pub created: Timestamp,
}

const ONE: &str = "SELECT group_name, group_id, parent_name, description, attributes, version, \
                   created_us FROM thing_groups WHERE account = $1 AND group_name = $2";

impl Fleet {
    /// A group of the account.
    pub async fn group(
        &self,
        account: AccountId,
        group_name: &str,
    ) -> Result<ThingGroup, FleetError> {
        let args = vec![account.into(), group_name.into()];
        let rows = self.catalog.read(ONE, args).await?;
        rows.first().map_or_else(|| Err(no_group(group_name)), read)
    }

    /// The groups that a group is in, from the top to its parent.
    pub async fn groups_above(
        &self,
        account: AccountId,
        group_name: &str,
    ) -> Result<Vec<String>, FleetError> {
        let sql = "SELECT above_name FROM thing_group_lines \
                   WHERE account = $1 AND group_name = $2 AND steps > 0 ORDER BY steps DESC";
        let args = vec![account.into(), group_name.into()];
        let rows = self.catalog.read(sql, args).await?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }
}

pub(crate) fn no_group(group_name: &str) -> FleetError {
    FleetError::Missing {
        what: "thing group",
        name: group_name.to_owned(),
    }
}

fn read(row: &Row) -> Result<ThingGroup, FleetError> {
    Ok(ThingGroup {
        name: row.text(0)?.to_owned(),
        id: row.text(1)?.to_owned(),
        parent: row.text_or_null(2)?.map(str::to_owned),
        properties: GroupProperties {
            description: row.text_or_null(3)?.map(str::to_owned),
            attributes: attributes::read(row.text(4)?)?,
        },
        version: row.int(5)?,
        created: Timestamp(row.int(6)?),
    })
}
