// SPDX-License-Identifier: Apache-2.0
//! Taking a group away (DeleteThingGroup): things and policies stay, but are in it no more.

use hw_kernel::admission::Touched;
use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_kernel::tags;
use hw_model::AccountId;
use hw_model::arn::Kind;

use crate::{Fleet, FleetError};

impl Fleet {
    /// Deletes a group that has no groups below it, with its memberships, tags and attachments of
    /// policies. One that is not there is fine. Live connections of its things' principals follow.
    pub async fn delete_group(
        &self,
        account: AccountId,
        group_name: &str,
        expected_version: Option<i64>,
    ) -> Result<(), FleetError> {
        let sql = "DELETE FROM thing_groups \
                   WHERE account = $1 AND group_name = $2 AND ($3 = 0 OR version = $4) \
                   AND NOT EXISTS \
                   (SELECT 1 FROM thing_groups b WHERE b.account = $1 AND b.parent_name = $2)";
        let policies = "DELETE FROM policy_targets \
                        WHERE account = $1 AND target_kind = 'thinggroup' AND target = $2";
        let key = || vec![account.into(), group_name.into()];
        let version = vec![
            expected_version.is_some().into(),
            expected_version.unwrap_or_default().into(),
        ];
        let done = self.catalog.write(vec![
            Statement::new(sql, [key(), version].concat()).expecting(1),
            Statement::new(policies, key()),
            tags::delete(account, Kind::ThingGroup, group_name),
        ]);
        match done.await {
            Err(CatalogError::Conflict { .. }) => {
                return self
                    .not_deleted(account, group_name, expected_version)
                    .await;
            }
            done => done?,
        };
        let touched = Touched::Group(group_name.to_owned());
        self.changes.touched(account, &touched);
        Ok(())
    }

    /// Why a group was not deleted; it may not be there.
    async fn not_deleted(
        &self,
        account: AccountId,
        group_name: &str,
        expected_version: Option<i64>,
    ) -> Result<(), FleetError> {
        let now = match self.group(account, group_name).await {
            Err(FleetError::Missing { .. }) => return Ok(()),
            other => other?,
        };
        if let Some(expected) = expected_version.filter(|expected| *expected != now.version) {
            return Err(FleetError::Version {
                what: "thing group",
                name: now.name,
                expected,
                found: now.version,
            });
        }
        Err(FleetError::Invalid(format!(
            "thing group {group_name} has groups below it; delete those first"
        )))
    }
}
