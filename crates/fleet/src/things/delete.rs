// SPDX-License-Identifier: Apache-2.0
//! Taking a thing out of the registry (DeleteThing).

use hw_kernel::admission::Touched;
use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::AccountId;

use crate::{Fleet, FleetError};

impl Fleet {
    /// Deletes a thing, and takes it out of its groups. One that is not there is fine; one with
    /// principals is refused.
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
                what: "thing",
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
                    what: "thing",
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
