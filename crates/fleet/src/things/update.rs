// SPDX-License-Identifier: Apache-2.0
//! Changing a thing's attributes and type (UpdateThing).

use std::collections::BTreeMap;

use hw_kernel::admission::Touched;
use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::AccountId;

use super::Thing;
use crate::{Fleet, FleetError, TRIES_MAX, attributes};

/// What to change; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ThingUpdate {
    /// New attributes. One with an empty value goes.
    pub attributes: Option<BTreeMap<String, String>>,
    /// Whether attributes that are not named stay; otherwise they go.
    pub merge: bool,
    /// Another type, which must be there and not deprecated.
    pub thing_type: Option<String>,
    /// Takes the type away.
    pub remove_type: bool,
    /// Only if the thing has this version.
    pub expected_version: Option<i64>,
}

impl ThingUpdate {
    /// The thing as it should be.
    fn applied_to(&self, thing: &Thing) -> Result<Thing, FleetError> {
        let mut changed = thing.clone();
        if let Some(new) = &self.attributes {
            attributes::change(&mut changed.attributes, new, self.merge);
        }
        match (&self.thing_type, self.remove_type) {
            (Some(_), true) => {
                let message = "thingTypeName and removeThingType exclude each other";
                return Err(FleetError::Invalid(message.into()));
            }
            (Some(thing_type), false) => changed.thing_type = Some(thing_type.clone()),
            (None, true) => changed.thing_type = None,
            (None, false) => {}
        }
        attributes::check_of_thing(&changed.attributes, changed.thing_type.is_some())?;
        changed.version += 1;
        Ok(changed)
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
            let thing = self.thing(account, thing_name).await?;
            if let Some(expected) = update.expected_version.filter(|e| *e != thing.version) {
                return Err(FleetError::Version {
                    what: "thing",
                    name: thing.name,
                    expected,
                    found: thing.version,
                });
            }
            let changed = update.applied_to(&thing)?;
            let other = changed.thing_type.as_ref();
            if let Some(other) = other.filter(|_| changed.thing_type != thing.thing_type) {
                self.usable_type(account, other).await?;
            }
            let sql = "UPDATE things SET attributes = $3, thing_type = $4, version = $5 \
                       WHERE account = $1 AND thing_name = $2 AND version = $6 \
                       AND ($7 = '' OR thing_type = $7 OR EXISTS \
                       (SELECT 1 FROM thing_types WHERE account = $1 AND type_name = $7 \
                        AND deprecated_us IS NULL))";
            let args = vec![
                account.into(),
                thing_name.into(),
                attributes::text(&changed.attributes).into(),
                changed.thing_type.as_deref().into(),
                changed.version.into(),
                thing.version.into(),
                changed.thing_type.as_deref().unwrap_or_default().into(),
            ];
            let write = Statement::new(sql, args).expecting(1);
            match self.catalog.write(vec![write]).await {
                // Somebody else changed it meanwhile, or its new type: on what they made of it, then.
                Err(CatalogError::Conflict { .. }) => continue,
                done => done?,
            };
            let touched = Touched::Thing(changed.name.clone());
            self.changes.touched(account, &touched);
            return Ok(changed);
        }
        Err(FleetError::Busy(format!("thing {thing_name}")))
    }
}
