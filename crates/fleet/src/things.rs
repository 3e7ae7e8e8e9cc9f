// SPDX-License-Identifier: Apache-2.0
//! Things: made, described, listed, deleted.

use std::collections::BTreeMap;

use hw_kernel::admission::Touched;
use hw_kernel::port::catalog::{CatalogError, Row, Statement};
use hw_model::{AccountId, Timestamp, name};

use crate::{Fleet, FleetError};

/// Most attributes of a thing without a type, as on AWS IoT.
pub const ATTRIBUTES_WITHOUT_TYPE_MAX: usize = 3;

/// Most things in one page of a list.
pub const PAGE_THINGS_MAX: usize = 250;

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

/// Which things to list.
#[derive(Debug, Clone, Default)]
pub struct ThingFilter {
    /// Only things with this attribute …
    pub attribute_name: Option<String>,
    /// … and this value (or one that begins with it, if `prefix`).
    pub attribute_value: Option<String>,
    /// Whether the value is a prefix.
    pub prefix: bool,
    /// Only things of this type.
    pub thing_type: Option<String>,
}

impl ThingFilter {
    fn lets(&self, thing: &Thing) -> bool {
        let type_fits = self
            .thing_type
            .as_ref()
            .is_none_or(|wanted| thing.thing_type.as_ref() == Some(wanted));
        let attribute_fits = match (&self.attribute_name, &self.attribute_value) {
            (None, _) => true,
            (Some(name), None) => thing.attributes.contains_key(name),
            (Some(name), Some(wanted)) => thing.attributes.get(name).is_some_and(|value| {
                if self.prefix {
                    value.starts_with(wanted)
                } else {
                    value == wanted
                }
            }),
        };
        type_fits && attribute_fits
    }
}

/// A page of things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In order of their names.
    pub things: Vec<Thing>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
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

    /// A page of things by name, from behind `after`; `count` at most, and 250.
    pub async fn things(
        &self,
        account: AccountId,
        filter: &ThingFilter,
        after: Option<&str>,
        count: usize,
    ) -> Result<Page, FleetError> {
        let count = count.clamp(1, PAGE_THINGS_MAX);
        let sql = "SELECT thing_name, thing_id, thing_type, attributes, version, created_us \
                   FROM things WHERE account = $1 AND thing_name > $2 \
                   ORDER BY thing_name LIMIT $3";
        let mut things = Vec::new();
        let mut after = after.unwrap_or("").to_owned();
        loop {
            let read_max = PAGE_THINGS_MAX as i64 + 1;
            let args = vec![account.into(), after.as_str().into(), read_max.into()];
            let rows = self.catalog.read(sql, args).await?;
            for row in &rows {
                let thing = read(row)?;
                if things.len() == count && filter.lets(&thing) {
                    let next = things.last().map(|last: &Thing| last.name.clone());
                    return Ok(Page { things, next });
                }
                after.clone_from(&thing.name);
                if filter.lets(&thing) {
                    things.push(thing);
                }
            }
            if rows.len() <= PAGE_THINGS_MAX {
                return Ok(Page { things, next: None });
            }
        }
    }

    /// Deletes a thing. One that is not there is fine; one with principals is refused.
    pub async fn delete_thing(
        &self,
        account: AccountId,
        thing_name: &str,
        expected_version: Option<i64>,
    ) -> Result<(), FleetError> {
        let thing = match self.thing(account, thing_name).await {
            Err(FleetError::NotFound(_)) => return Ok(()),
            other => other?,
        };
        if let Some(expected) = expected_version.filter(|expected| *expected != thing.version) {
            return Err(FleetError::Version {
                name: thing.name,
                expected,
                found: thing.version,
            });
        }
        let sql = "DELETE FROM things WHERE account = $1 AND thing_name = $2 AND version = $3";
        let args = vec![account.into(), thing_name.into(), thing.version.into()];
        match self
            .catalog
            .write(vec![Statement::new(sql, args).expecting(1)])
            .await
        {
            Err(CatalogError::Constraint { .. }) => Err(FleetError::Attached(thing.name)),
            // Somebody else changed or deleted it meanwhile.
            Err(CatalogError::Conflict { .. }) => match self.thing(account, thing_name).await {
                Err(FleetError::NotFound(_)) => Ok(()),
                Err(error) => Err(error),
                Ok(now) => Err(FleetError::Version {
                    name: now.name,
                    expected: thing.version,
                    found: now.version,
                }),
            },
            Err(error) => Err(error.into()),
            Ok(_) => {
                self.changes.touched(account, &Touched::Thing(thing.name));
                Ok(())
            }
        }
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

fn read(row: &Row) -> Result<Thing, FleetError> {
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
