// SPDX-License-Identifier: Apache-2.0
//! Keeping things from being given a type, and letting them again (DeprecateThingType).

use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::AccountId;

use crate::{Fleet, FleetError};

impl Fleet {
    /// Deprecates a type, or undoes that. Things that have it keep it. Done already is fine, and a
    /// type that is deprecated keeps the time when it was.
    pub async fn deprecate_type(
        &self,
        account: AccountId,
        type_name: &str,
        undo: bool,
    ) -> Result<(), FleetError> {
        let sql = "UPDATE thing_types SET deprecated_us = \
                   CASE WHEN $3 = 1 THEN NULL ELSE coalesce(deprecated_us, $4) END \
                   WHERE account = $1 AND type_name = $2";
        let args = vec![
            account.into(),
            type_name.into(),
            undo.into(),
            self.clock.now().into(),
        ];
        let update = Statement::new(sql, args).expecting(1);
        match self.catalog.write(vec![update]).await {
            Err(CatalogError::Conflict { .. }) => Err(FleetError::Missing {
                what: "thing type",
                name: type_name.to_owned(),
            }),
            done => Ok(done.map(drop)?),
        }
    }
}
