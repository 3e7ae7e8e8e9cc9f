// SPDX-License-Identifier: Apache-2.0
//! Taking a policy away (DeletePolicy): only when nobody has it; on AWS IoT, only when its default
//! version is alone, too.

use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_kernel::tags;
use hw_model::AccountId;
use hw_model::arn::Kind;

use crate::{Identity, IdentityError};

impl Identity {
    /// Deletes a policy with its one version and its tags.
    pub async fn delete_policy(&self, account: AccountId, name: &str) -> Result<(), IdentityError> {
        let sql = "DELETE FROM policies WHERE account = $1 AND policy_name = $2 \
                   AND NOT EXISTS (SELECT 1 FROM policy_targets t \
                      WHERE t.account = $1 AND t.policy_name = $2) \
                   AND (SELECT count(*) FROM policy_versions v \
                      WHERE v.account = $1 AND v.policy_name = $2) = 1";
        let delete = Statement::new(sql, vec![account.into(), name.into()]).expecting(1);
        let tags = tags::delete(account, Kind::Policy, name);
        match self.catalog.write(vec![delete, tags]).await {
            Err(CatalogError::Conflict { .. }) => {
                let versions = self.policy_versions(account, name).await?.len();
                Err(IdentityError::InUse(if versions > 1 {
                    format!(
                        "policy {name} has {versions} versions; delete all but the default one first"
                    )
                } else {
                    format!("policy {name} is attached; detach it first")
                }))
            }
            done => {
                done?;
                self.policy_touched(account, name);
                Ok(())
            }
        }
    }

    /// Deletes a policy with all of its versions, if nobody has it.
    pub async fn delete_policy_and_versions(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<(), IdentityError> {
        let sql = "DELETE FROM policies WHERE account = $1 AND policy_name = $2 \
                   AND NOT EXISTS (SELECT 1 FROM policy_targets t \
                      WHERE t.account = $1 AND t.policy_name = $2)";
        let done = self.catalog.write(vec![
            Statement::new(sql, vec![account.into(), name.into()]).expecting(1),
            tags::delete(account, Kind::Policy, name),
        ]);
        match done.await {
            Err(CatalogError::Conflict { .. }) => {
                self.policy(account, name).await?;
                Err(IdentityError::InUse(format!(
                    "policy {name} is attached; detach it first"
                )))
            }
            done => {
                done?;
                self.policy_touched(account, name);
                Ok(())
            }
        }
    }
}
