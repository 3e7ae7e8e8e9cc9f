// SPDX-License-Identifier: Apache-2.0
//! Types of things: what one is, how it is made and found.

mod delete;
mod deprecate;
mod list;
mod update;

pub use delete::DELETE_AFTER;
pub use list::TypePage;
pub use update::TypeUpdate;

use hw_kernel::port::catalog::{CatalogError, Row, Statement};
use hw_kernel::tags;
use hw_model::arn::Kind;
use hw_model::{AccountId, Tag, Timestamp, name, tag};

use crate::{Fleet, FleetError};

/// Most attributes that things of a type are searched by, as on AWS IoT.
pub const SEARCHABLE_ATTRIBUTES_MAX: usize = 3;

/// What people say of a type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeProperties {
    /// In words.
    pub description: Option<String>,
    /// Names of attributes; kept for who asks, as things can be found by any attribute.
    pub searchable_attributes: Vec<String>,
}

impl TypeProperties {
    fn check(&self) -> Result<(), FleetError> {
        if let Some(description) = &self.description {
            name::description(description)?;
        }
        if self.searchable_attributes.len() > SEARCHABLE_ATTRIBUTES_MAX {
            return Err(FleetError::Invalid(format!(
                "searchableAttributes names at most {SEARCHABLE_ATTRIBUTES_MAX} attributes"
            )));
        }
        for attribute in &self.searchable_attributes {
            name::attribute(attribute)?;
        }
        Ok(())
    }

    fn searchable_text(&self) -> String {
        serde_json::to_string(&self.searchable_attributes).expect("strings are JSON")
    }
}

/// A type of things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThingType {
    /// Its name.
    pub name: String,
    /// UUID.
    pub id: String,
    /// What people say of it.
    pub properties: TypeProperties,
    /// Counts changes of what is said of it, from 1.
    pub version: i64,
    /// When it was made.
    pub created: Timestamp,
    /// Since when no thing can be given it any more.
    pub deprecated: Option<Timestamp>,
}

const ONE: &str = "SELECT type_name, type_id, description, searchable_attributes, created_us, \
                   deprecated_us, version FROM thing_types \
                   WHERE account = $1 AND type_name = $2";

impl Fleet {
    /// Makes a type. The same again gives the one that is there, with the tags it has.
    pub async fn create_type(
        &self,
        account: AccountId,
        type_name: &str,
        properties: TypeProperties,
        given: &[Tag],
    ) -> Result<ThingType, FleetError> {
        name::thing_type(type_name)?;
        properties.check()?;
        tag::check(given)?;
        let made = ThingType {
            name: type_name.to_owned(),
            id: uuid::Uuid::new_v4().to_string(),
            properties,
            version: 1,
            created: self.clock.now(),
            deprecated: None,
        };
        let sql = "INSERT INTO thing_types (account, type_name, type_id, description, \
                   searchable_attributes, created_us) VALUES ($1, $2, $3, $4, $5, $6)";
        let args = vec![
            account.into(),
            type_name.into(),
            made.id.as_str().into(),
            made.properties.description.as_deref().into(),
            made.properties.searchable_text().into(),
            made.created.into(),
        ];
        let mut statements = vec![Statement::new(sql, args).expecting(1)];
        statements.extend(tags::insert(account, Kind::ThingType, type_name, given));
        match self.catalog.write(statements).await {
            Ok(_) => Ok(made),
            Err(CatalogError::Constraint { .. }) => {
                let known = self.thing_type(account, type_name).await?;
                if known.properties == made.properties {
                    return Ok(known);
                }
                Err(FleetError::Exists {
                    what: "thing type",
                    name: known.name,
                    id: known.id,
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A type of the account.
    pub async fn thing_type(
        &self,
        account: AccountId,
        type_name: &str,
    ) -> Result<ThingType, FleetError> {
        let args = vec![account.into(), type_name.into()];
        let rows = self.catalog.read(ONE, args).await?;
        let missing = || FleetError::Missing {
            what: "thing type",
            name: type_name.to_owned(),
        };
        rows.first().map_or_else(|| Err(missing()), read)
    }

    /// Whether a thing can be given this type.
    pub(crate) async fn usable_type(
        &self,
        account: AccountId,
        type_name: &str,
    ) -> Result<(), FleetError> {
        if self
            .thing_type(account, type_name)
            .await?
            .deprecated
            .is_none()
        {
            return Ok(());
        }
        Err(FleetError::Invalid(format!(
            "thing type {type_name} is deprecated: no thing can be given it; undo that by \
             DeprecateThingType with undoDeprecate, or use another type"
        )))
    }
}

fn read(row: &Row) -> Result<ThingType, FleetError> {
    let searchable_attributes = serde_json::from_str(row.text(3)?)
        .map_err(|error| FleetError::Invalid(format!("stored searchable attributes: {error}")))?;
    Ok(ThingType {
        name: row.text(0)?.to_owned(),
        id: row.text(1)?.to_owned(),
        properties: TypeProperties {
            description: row.text_or_null(2)?.map(str::to_owned),
            searchable_attributes,
        },
        created: Timestamp(row.int(4)?),
        deprecated: row.int_or_null(5)?.map(Timestamp),
        version: row.int(6)?,
    })
}
