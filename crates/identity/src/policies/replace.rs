// SPDX-License-Identifier: Apache-2.0
//! Another document for a policy, as people edit it: what they have read must still be what counts.

use hw_kernel::port::catalog::{CatalogError, Statement, Value};
use hw_model::AccountId;

use super::{VERSIONS_MAX, check_document, no_policy};
use crate::{Identity, IdentityError};

/// Makes room: the oldest version that does not count goes if there are as many as there may be.
const OLDEST: &str = "DELETE FROM policy_versions WHERE account = $1 AND policy_name = $2 \
    AND version = (SELECT min(v.version) FROM policy_versions v \
        WHERE v.account = $1 AND v.policy_name = $2 AND v.version <> $3) \
    AND (SELECT count(*) FROM policy_versions v \
        WHERE v.account = $1 AND v.policy_name = $2) >= $4";

const POLICY: &str = "UPDATE policies SET last_version = last_version + 1, \
    default_version = last_version + 1, modified_us = $4 \
    WHERE account = $1 AND policy_name = $2 AND default_version = $3 RETURNING last_version";

const VERSION: &str = "INSERT INTO policy_versions \
    (account, policy_name, version, document, created_us) \
    SELECT account, policy_name, last_version, $3, $4 FROM policies \
    WHERE account = $1 AND policy_name = $2";

impl Identity {
    /// Makes a version of this document and lets it count, if `expected` is the version that
    /// counts until now. Live connections follow. Gives the version's number.
    ///
    /// # Errors
    /// `Changed`, `NotFound`, `MalformedPolicy`.
    pub async fn replace_policy(
        &self,
        account: AccountId,
        name: &str,
        expected: i64,
        document: &str,
    ) -> Result<i64, IdentityError> {
        check_document(document)?;
        let now = self.clock.now();
        let of = |more: Vec<Value>| [vec![account.into(), name.into()], more].concat();
        let room = of(vec![expected.into(), (VERSIONS_MAX as i64).into()]);
        let done = self.catalog.write(vec![
            Statement::new(OLDEST, room),
            Statement::new(POLICY, of(vec![expected.into(), now.into()])).expecting(1),
            Statement::new(VERSION, of(vec![document.into(), now.into()])).expecting(1),
        ]);
        let done = match done.await {
            Err(CatalogError::Conflict { .. }) => {
                let found = self.policy(account, name).await?.default_version;
                return Err(IdentityError::Changed(format!(
                    "policy {name} has version {found} as its default, not {expected}: read it \
                     again"
                )));
            }
            done => done?,
        };
        let row = done.get(1).and_then(|outcome| outcome.returned.first());
        let version = row.ok_or_else(|| no_policy(name))?.int(0)?;
        self.policy_touched(account, name);
        Ok(version)
    }
}
