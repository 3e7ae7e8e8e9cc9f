// SPDX-License-Identifier: Apache-2.0
//! Changing what is said of a group (UpdateThingGroup).

use std::collections::BTreeMap;

use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::AccountId;

use crate::{Fleet, FleetError, TRIES_MAX, attributes};

/// What to change; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupUpdate {
    /// Another description.
    pub description: Option<String>,
    /// New attributes. One with an empty value goes.
    pub attributes: Option<BTreeMap<String, String>>,
    /// Whether attributes that are not named stay; otherwise they go.
    pub merge: bool,
    /// Only if the group has this version.
    pub expected_version: Option<i64>,
}

impl Fleet {
    /// Changes a group; hands back its version, which has risen by one. No policy can ask for any of
    /// it, so it touches no principal.
    pub async fn update_group(
        &self,
        account: AccountId,
        group_name: &str,
        update: &GroupUpdate,
    ) -> Result<i64, FleetError> {
        for _ in 0..TRIES_MAX {
            let group = self.group(account, group_name).await?;
            if let Some(expected) = update.expected_version.filter(|e| *e != group.version) {
                return Err(FleetError::Version {
                    what: "thing group",
                    name: group.name,
                    expected,
                    found: group.version,
                });
            }
            let mut properties = group.properties;
            properties.description = update.description.clone().or(properties.description);
            if let Some(new) = &update.attributes {
                attributes::change(&mut properties.attributes, new, update.merge);
            }
            properties.check()?;
            let sql = "UPDATE thing_groups SET description = $3, attributes = $4, \
                       version = version + 1 \
                       WHERE account = $1 AND group_name = $2 AND group_id = $5 AND version = $6";
            let args = vec![
                account.into(),
                group_name.into(),
                properties.description.as_deref().into(),
                attributes::text(&properties.attributes).into(),
                group.id.as_str().into(),
                group.version.into(),
            ];
            let write = Statement::new(sql, args).expecting(1);
            match self.catalog.write(vec![write]).await {
                // Somebody else changed it meanwhile: on what they made of it, then.
                Err(CatalogError::Conflict { .. }) => continue,
                done => done?,
            };
            return Ok(group.version + 1);
        }
        Err(FleetError::Busy(format!("thing group {group_name}")))
    }
}
