// SPDX-License-Identifier: Apache-2.0
//! Things: what one is, how it is made and found.

mod delete;
mod list;
mod update;

pub use list::{Page, ThingFilter};
pub use update::ThingUpdate;

use std::collections::BTreeMap;

use hw_kernel::port::catalog::{CatalogError, Row, Statement};
use hw_model::{AccountId, Timestamp, name};

use crate::{Fleet, FleetError, attributes};

/// A thing of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// Its name.
    pub name: String,
    /// UUID.
    pub id: String,
    /// Its type's name.
    pub thing_type: Option<String>,
    /// Searchable attributes.
    pub attributes: BTreeMap<String, String>,
    /// Counts changes, from 1.
    pub version: i64,
    /// When it was made.
    pub created: Timestamp,
}

impl Fleet {
    /// Makes a thing without a type. The same again gives the one that is there.
    pub async fn create_thing(
        &self,
        account: AccountId,
        thing_name: &str,
        attributes: BTreeMap<String, String>,
    ) -> Result<Thing, FleetError> {
        self.create_thing_of_type(account, thing_name, None, attributes)
            .await
    }

    /// Makes a thing of a type that is there and not deprecated, or of none. The same again gives the
    /// one that is there (CreateThing is idempotent).
    pub async fn create_thing_of_type(
        &self,
        account: AccountId,
        thing_name: &str,
        thing_type: Option<&str>,
        attributes: BTreeMap<String, String>,
    ) -> Result<Thing, FleetError> {
        name::thing(thing_name)?;
        attributes::check_of_thing(&attributes, thing_type.is_some())?;
        let thing = Thing {
            name: thing_name.to_owned(),
            id: uuid::Uuid::new_v4().to_string(),
            thing_type: thing_type.map(str::to_owned),
            attributes,
            version: 1,
            created: self.clock.now(),
        };
        let sql = "INSERT INTO things \
                   (account, thing_name, thing_id, thing_type, attributes, version, created_us) \
                   SELECT $1, $2, $3, $4, $5, $6, $7 WHERE $8 = '' OR EXISTS \
                   (SELECT 1 FROM thing_types WHERE account = $1 AND type_name = $8 \
                    AND deprecated_us IS NULL)";
        let args = vec![
            account.into(),
            thing_name.into(),
            thing.id.as_str().into(),
            thing_type.into(),
            attributes::text(&thing.attributes).into(),
            thing.version.into(),
            thing.created.into(),
            thing_type.unwrap_or_default().into(),
        ];
        let insert = Statement::new(sql, args).expecting(1);
        match self.catalog.write(vec![insert]).await {
            Ok(_) => Ok(thing),
            // It is there, or its type is not.
            Err(CatalogError::Constraint { .. } | CatalogError::Conflict { .. }) => {
                self.same_thing(account, thing).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The thing that is there instead of `wanted`, if it is the same.
    async fn same_thing(&self, account: AccountId, wanted: Thing) -> Result<Thing, FleetError> {
        let known = match (self.thing(account, &wanted.name).await, &wanted.thing_type) {
            (Err(FleetError::NotFound(_)), Some(thing_type)) => {
                self.usable_type(account, thing_type).await?;
                return Err(FleetError::Busy(format!("thing type {thing_type}")));
            }
            (known, _) => known?,
        };
        if known.attributes == wanted.attributes && known.thing_type == wanted.thing_type {
            return Ok(known);
        }
        Err(FleetError::Exists {
            what: "thing",
            name: known.name,
            id: known.id,
        })
    }

    /// A thing of the account.
    pub async fn thing(&self, account: AccountId, thing_name: &str) -> Result<Thing, FleetError> {
        let sql = "SELECT thing_name, thing_id, thing_type, attributes, version, created_us \
                   FROM things WHERE account = $1 AND thing_name = $2";
        let rows = self
            .catalog
            .read(sql, vec![account.into(), thing_name.into()])
            .await?;
        rows.first()
            .map_or_else(|| Err(FleetError::NotFound(thing_name.to_owned())), read)
    }
}

pub(crate) fn read(row: &Row) -> Result<Thing, FleetError> {
    Ok(Thing {
        name: row.text(0)?.to_owned(),
        id: row.text(1)?.to_owned(),
        thing_type: row.text_or_null(2)?.map(str::to_owned),
        attributes: attributes::read(row.text(3)?)?,
        version: row.int(4)?,
        created: Timestamp(row.int(5)?),
    })
}
