// SPDX-License-Identifier: Apache-2.0
//! Versions of a policy: five at most, numbered from 1 and never reused; one of them counts.

use hw_kernel::admission::{AdmissionChanges, Touched};
use hw_kernel::port::catalog::{CatalogError, Row, Statement};
use hw_model::{AccountId, Timestamp};

use super::{check_document, no_policy};
use crate::{Identity, IdentityError};

/// Most versions of a policy, as on AWS IoT.
pub const VERSIONS_MAX: usize = 5;

/// A version of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// Its number, from 1.
    pub version: i64,
    /// Whether it is the one that counts.
    pub is_default: bool,
    /// Its document, verbatim.
    pub document: String,
    /// When it was made.
    pub created: Timestamp,
    /// The policy's: changes with its life.
    pub generation_id: String,
}

impl Identity {
    /// Adds a version, which counts at once if `as_default`; otherwise nothing changes for anybody.
    pub async fn create_policy_version(
        &self,
        account: AccountId,
        name: &str,
        document: &str,
        as_default: bool,
    ) -> Result<PolicyVersion, IdentityError> {
        check_document(document)?;
        let policy = "UPDATE policies SET last_version = last_version + 1, \
             default_version = CASE WHEN $3 = 1 THEN last_version + 1 ELSE default_version END, \
             modified_us = CASE WHEN $3 = 1 THEN $4 ELSE modified_us END \
             WHERE account = $1 AND policy_name = $2 \
             AND (SELECT count(*) FROM policy_versions v \
                  WHERE v.account = $1 AND v.policy_name = $2) < $5 \
             RETURNING last_version, generation_id";
        let version = "INSERT INTO policy_versions \
             (account, policy_name, version, document, created_us) \
             SELECT account, policy_name, last_version, $3, $4 FROM policies \
             WHERE account = $1 AND policy_name = $2";
        let now = self.clock.now();
        let key = || vec![account.into(), name.into()];
        let more = vec![as_default.into(), now.into(), (VERSIONS_MAX as i64).into()];
        let done = self.catalog.write(vec![
            Statement::new(policy, [key(), more].concat()).expecting(1),
            Statement::new(version, [key(), vec![document.into(), now.into()]].concat())
                .expecting(1),
        ]);
        let done = match done.await {
            Err(CatalogError::Conflict { .. }) => {
                self.policy(account, name).await?;
                return Err(IdentityError::VersionsLimit(format!(
                    "policy {name} has {VERSIONS_MAX} versions; delete one first"
                )));
            }
            done => done?,
        };
        let row = done.first().and_then(|outcome| outcome.returned.first());
        let row = row.ok_or_else(|| no_policy(name))?;
        if as_default {
            self.policy_touched(account, name);
        }
        Ok(PolicyVersion {
            version: row.int(0)?,
            is_default: as_default,
            document: document.to_owned(),
            created: now,
            generation_id: row.text(1)?.to_owned(),
        })
    }

    /// All versions, newest first.
    pub async fn policy_versions(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<Vec<PolicyVersion>, IdentityError> {
        let sql = "SELECT v.version, p.default_version, v.document, v.created_us, p.generation_id \
                   FROM policies p JOIN policy_versions v ON v.account = p.account \
                   AND v.policy_name = p.policy_name \
                   WHERE p.account = $1 AND p.policy_name = $2 ORDER BY v.version DESC";
        let args = vec![account.into(), name.into()];
        let rows = self.catalog.read(sql, args).await?;
        if rows.is_empty() {
            return Err(no_policy(name));
        }
        rows.iter().map(read).collect()
    }

    /// One version.
    pub async fn policy_version(
        &self,
        account: AccountId,
        name: &str,
        version: &str,
    ) -> Result<PolicyVersion, IdentityError> {
        let all = self.policy_versions(account, name).await?;
        let mut all = all.into_iter();
        all.find(|one| one.version.to_string() == version)
            .ok_or_else(|| no_version(name, version))
    }

    /// Lets another version count. Live connections follow.
    pub async fn set_default_policy_version(
        &self,
        account: AccountId,
        name: &str,
        version: &str,
    ) -> Result<(), IdentityError> {
        let number = self.policy_version(account, name, version).await?.version;
        let sql = "UPDATE policies SET default_version = $3, \
                   modified_us = CASE WHEN default_version = $3 THEN modified_us ELSE $4 END \
                   WHERE account = $1 AND policy_name = $2 AND EXISTS \
                   (SELECT 1 FROM policy_versions v WHERE v.account = $1 \
                    AND v.policy_name = $2 AND v.version = $3)";
        let args = vec![
            account.into(),
            name.into(),
            number.into(),
            self.clock.now().into(),
        ];
        let update = Statement::new(sql, args).expecting(1);
        match self.catalog.write(vec![update]).await {
            // Somebody deleted it meanwhile.
            Err(CatalogError::Conflict { .. }) => return Err(no_version(name, version)),
            done => done?,
        };
        self.policy_touched(account, name);
        Ok(())
    }

    /// Deletes a version that does not count.
    pub async fn delete_policy_version(
        &self,
        account: AccountId,
        name: &str,
        version: &str,
    ) -> Result<(), IdentityError> {
        let number = self.policy_version(account, name, version).await?.version;
        let sql = "DELETE FROM policy_versions WHERE account = $1 AND policy_name = $2 \
                   AND version = $3 AND NOT EXISTS \
                   (SELECT 1 FROM policies p WHERE p.account = $1 AND p.policy_name = $2 \
                    AND p.default_version = $3)";
        let args = vec![account.into(), name.into(), number.into()];
        let delete = Statement::new(sql, args).expecting(1);
        match self.catalog.write(vec![delete]).await {
            Err(CatalogError::Conflict { .. }) => {
                self.policy_version(account, name, version).await?;
                Err(IdentityError::InUse(format!(
                    "version {version} of policy {name} is its default version; \
                     make another one the default, or delete the policy"
                )))
            }
            done => {
                done?;
                self.policy_touched(account, name);
                Ok(())
            }
        }
    }

    pub(super) fn policy_touched(&self, account: AccountId, name: &str) {
        let touched = Touched::Policy(name.to_owned());
        self.changes.touched(account, &touched);
    }
}

fn no_version(name: &str, version: &str) -> IdentityError {
    IdentityError::NotFound {
        what: "policy version",
        name: format!("{name} {}", version.chars().take(40).collect::<String>()),
    }
}

fn read(row: &Row) -> Result<PolicyVersion, IdentityError> {
    let version = row.int(0)?;
    Ok(PolicyVersion {
        version,
        is_default: version == row.int(1)?,
        document: row.text(2)?.to_owned(),
        created: Timestamp(row.int(3)?),
        generation_id: row.text(4)?.to_owned(),
    })
}
