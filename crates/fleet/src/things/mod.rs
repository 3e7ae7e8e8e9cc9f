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

use crate::{Fleet, FleetError};

/// Most attributes of a thing without a type, as on AWS IoT.
pub const ATTRIBUTES_WITHOUT_TYPE_MAX: usize = 3;

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
    /// Makes a thing. The same again gives the one that is there (CreateThing is idempotent).
    pub async fn create_thing(
        &self,
        account: AccountId,
        thing_name: &str,
        attributes: BTreeMap<String, String>,
    ) -> Result<Thing, FleetError> {
        name::thing(thing_name)?;
        check_attributes(&attributes)?;
        let thing = Thing {
            name: thing_name.to_owned(),
            id: uuid::Uuid::new_v4().to_string(),
            thing_type: None,
            attributes,
            version: 1,
            created: self.clock.now(),
        };
        let sql = "INSERT INTO things \
                   (account, thing_name, thing_id, attributes, version, created_us) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let args = vec![
            account.into(),
            thing_name.into(),
            thing.id.as_str().into(),
            attributes_text(&thing.attributes).into(),
            thing.version.into(),
            thing.created.into(),
        ];
        match self.catalog.write(vec![Statement::new(sql, args)]).await {
            Ok(_) => Ok(thing),
            Err(CatalogError::Constraint { .. }) => {
                let known = self.thing(account, thing_name).await?;
                if known.attributes == thing.attributes && known.thing_type == thing.thing_type {
                    return Ok(known);
                }
                Err(FleetError::Exists {
                    name: known.name,
                    thing_id: known.id,
                })
            }
            Err(error) => Err(error.into()),
        }
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

fn check_attributes(attributes: &BTreeMap<String, String>) -> Result<(), FleetError> {
    if attributes.len() > ATTRIBUTES_WITHOUT_TYPE_MAX {
        return Err(FleetError::Invalid(format!(
            "a thing without a type has at most {ATTRIBUTES_WITHOUT_TYPE_MAX} attributes"
        )));
    }
    for (key, value) in attributes {
        name::attribute(key)?;
        name::attribute_value(value)?;
    }
    Ok(())
}

fn attributes_text(attributes: &BTreeMap<String, String>) -> String {
    serde_json::to_string(attributes).expect("a map of strings is JSON")
}

pub(crate) fn read(row: &Row) -> Result<Thing, FleetError> {
    let attributes = serde_json::from_str(row.text(3)?)
        .map_err(|error| FleetError::Invalid(format!("stored attributes: {error}")))?;
    Ok(Thing {
        name: row.text(0)?.to_owned(),
        id: row.text(1)?.to_owned(),
        thing_type: row.text_or_null(2)?.map(str::to_owned),
        attributes,
        version: row.int(4)?,
        created: Timestamp(row.int(5)?),
    })
}
