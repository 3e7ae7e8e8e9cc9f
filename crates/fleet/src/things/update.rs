// SPDX-License-Identifier: Apache-2.0
//! Changing a thing's attributes and type (UpdateThing).

use std::collections::BTreeMap;

use hw_kernel::admission::Touched;
use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::AccountId;

use super::{Thing, attributes_text, check_attributes};
use crate::{Fleet, FleetError};

/// How often a change is made anew because somebody else changed the thing meanwhile.
const TRIES_MAX: usize = 16;

/// What to change; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ThingUpdate {
    /// New attributes. One with an empty value goes.
    pub attributes: Option<BTreeMap<String, String>>,
    /// Whether attributes that are not named stay; otherwise they go.
    pub merge: bool,
    /// Takes the type away.
    pub remove_type: bool,
    /// Only if the thing has this version.
    pub expected_version: Option<i64>,
}

impl ThingUpdate {
    /// The attributes of a thing once it is changed.
    fn applied_to(&self, thing: &Thing) -> BTreeMap<String, String> {
        let Some(new) = &self.attributes else {
            return thing.attributes.clone();
        };
        let mut attributes = if self.merge {
            thing.attributes.clone()
        } else {
            BTreeMap::new()
        };
        attributes.extend(new.clone());
        attributes.retain(|_, value| !value.is_empty());
        attributes
    }
}

impl Fleet {
    /// Changes a thing; its version rises by one. Live connections of its principals follow, as
    /// policies may ask for its attributes.
    pub async fn update_thing(
        &self,
        account: AccountId,
        thing_name: &str,
        update: &ThingUpdate,
    ) -> Result<Thing, FleetError> {
        for _ in 0..TRIES_MAX {
            let mut thing = self.thing(account, thing_name).await?;
            let read_version = thing.version;
            if let Some(expected) = update.expected_version.filter(|e| *e != read_version) {
                return Err(FleetError::Version {
                    name: thing.name,
                    expected,
                    found: read_version,
                });
            }
            thing.attributes = update.applied_to(&thing);
            check_attributes(&thing.attributes)?;
            if update.remove_type {
                thing.thing_type = None;
            }
            thing.version += 1;
            let sql = "UPDATE things SET attributes = $3, thing_type = $4, version = $5 \
                       WHERE account = $1 AND thing_name = $2 AND version = $6";
            let args = vec![
                account.into(),
                thing_name.into(),
                attributes_text(&thing.attributes).into(),
                thing.thing_type.as_deref().into(),
                thing.version.into(),
                read_version.into(),
            ];
            let write = Statement::new(sql, args).expecting(1);
            match self.catalog.write(vec![write]).await {
                // Somebody else changed it meanwhile: on what they made of it, then.
                Err(CatalogError::Conflict { .. }) => continue,
                done => done?,
            };
            let touched = Touched::Thing(thing.name.clone());
            self.changes.touched(account, &touched);
            return Ok(thing);
        }
        Err(FleetError::Busy(thing_name.to_owned()))
    }
}
