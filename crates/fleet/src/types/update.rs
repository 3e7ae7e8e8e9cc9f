// SPDX-License-Identifier: Apache-2.0
//! Changing what is said of a type (UpdateThingType).

use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::AccountId;

use crate::{Fleet, FleetError, TRIES_MAX};

/// What to change; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeUpdate {
    /// Another description.
    pub description: Option<String>,
    /// Other searchable attributes.
    pub searchable_attributes: Option<Vec<String>>,
    /// Only if the type has this version.
    pub expected_version: Option<i64>,
}

impl Fleet {
    /// Changes a type; its version rises by one.
    pub async fn update_type(
        &self,
        account: AccountId,
        type_name: &str,
        update: &TypeUpdate,
    ) -> Result<(), FleetError> {
        for _ in 0..TRIES_MAX {
            let known = self.thing_type(account, type_name).await?;
            if let Some(expected) = update.expected_version.filter(|e| *e != known.version) {
                return Err(FleetError::Version {
                    what: "thing type",
                    name: known.name,
                    expected,
                    found: known.version,
                });
            }
            let mut properties = known.properties;
            properties.description = update.description.clone().or(properties.description);
            if let Some(searchable) = &update.searchable_attributes {
                properties.searchable_attributes.clone_from(searchable);
            }
            properties.check()?;
            let sql = "UPDATE thing_types SET description = $3, searchable_attributes = $4, \
                       version = version + 1 \
                       WHERE account = $1 AND type_name = $2 AND type_id = $5 AND version = $6";
            let args = vec![
                account.into(),
                type_name.into(),
                properties.description.as_deref().into(),
                properties.searchable_text().into(),
                known.id.as_str().into(),
                known.version.into(),
            ];
            let write = Statement::new(sql, args).expecting(1);
            match self.catalog.write(vec![write]).await {
                // Somebody else changed or deleted it meanwhile: on what they made of it, then.
                Err(CatalogError::Conflict { .. }) => continue,
                done => return Ok(done.map(drop)?),
            }
        }
        Err(FleetError::Busy(format!("thing type {type_name}")))
    }
}
