// SPDX-License-Identifier: Apache-2.0
//! Changing what is said of a type (UpdateThingType).

use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::AccountId;

use crate::{Fleet, FleetError};

impl Fleet {
    /// Changes a type's description and searchable attributes; what is `None` stays.
    pub async fn update_type(
        &self,
        account: AccountId,
        type_name: &str,
        description: Option<String>,
        searchable_attributes: Option<Vec<String>>,
    ) -> Result<(), FleetError> {
        let known = self.thing_type(account, type_name).await?;
        let mut properties = known.properties;
        properties.description = description.or(properties.description);
        if let Some(searchable) = searchable_attributes {
            properties.searchable_attributes = searchable;
        }
        properties.check()?;
        let sql = "UPDATE thing_types SET description = $3, searchable_attributes = $4 \
                   WHERE account = $1 AND type_name = $2 AND type_id = $5";
        let args = vec![
            account.into(),
            type_name.into(),
            properties.description.as_deref().into(),
            properties.searchable_text().into(),
            known.id.as_str().into(),
        ];
        let update = Statement::new(sql, args).expecting(1);
        match self.catalog.write(vec![update]).await {
            // Somebody deleted it meanwhile.
            Err(CatalogError::Conflict { .. }) => Err(FleetError::Missing {
                what: "thing type",
                name: type_name.to_owned(),
            }),
            done => Ok(done.map(drop)?),
        }
    }
}
