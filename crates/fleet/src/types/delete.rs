// SPDX-License-Identifier: Apache-2.0
//! Taking a type away (DeleteThingType): one that has been deprecated for a while and that no thing
//! has.

use std::time::Duration;

use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_kernel::tags;
use hw_model::AccountId;
use hw_model::arn::Kind;

use crate::{Fleet, FleetError};

/// How long a type must have been deprecated before it can be deleted, as on AWS IoT.
pub const DELETE_AFTER: Duration = Duration::from_secs(5 * 60);

impl Fleet {
    /// Deletes a type with its tags.
    pub async fn delete_type(&self, account: AccountId, type_name: &str) -> Result<(), FleetError> {
        // Who was deprecated then, or before, can go.
        let then_us = self.clock.now().0 - DELETE_AFTER.as_micros() as i64;
        let sql = "DELETE FROM thing_types WHERE account = $1 AND type_name = $2 \
                   AND deprecated_us <= $3 AND NOT EXISTS \
                   (SELECT 1 FROM things WHERE account = $1 AND thing_type = $2)";
        let args = vec![account.into(), type_name.into(), then_us.into()];
        let done = self.catalog.write(vec![
            Statement::new(sql, args).expecting(1),
            tags::delete(account, Kind::ThingType, type_name),
        ]);
        match done.await {
            Err(CatalogError::Conflict { .. }) => {
                Err(self.held(account, type_name, then_us).await?)
            }
            done => Ok(done.map(drop)?),
        }
    }

    /// Why a type can't be deleted.
    async fn held(
        &self,
        account: AccountId,
        type_name: &str,
        then_us: i64,
    ) -> Result<FleetError, FleetError> {
        let known = self.thing_type(account, type_name).await?;
        Ok(FleetError::Invalid(match known.deprecated {
            None => format!("thing type {type_name} must be deprecated before it is deleted"),
            Some(since) if since.0 > then_us => format!(
                "thing type {type_name} can be deleted 5 minutes after it was deprecated; wait and \
                 try again"
            ),
            Some(_) => format!(
                "thing type {type_name} is the type of things; give them another one, or none, first"
            ),
        }))
    }
}
