// SPDX-License-Identifier: Apache-2.0
//! Policies as people list them, and whom one is attached to.

use hw_kernel::port::catalog::Row;
use hw_model::{AccountId, Timestamp};

use crate::page::{PEOPLES_PAGE_MAX, Page};
use crate::{Identity, IdentityError};

/// A policy in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyOverview {
    /// Its name.
    pub name: String,
    /// Number of the default version.
    pub default_version: i64,
    /// When its default version changed last.
    pub modified: Timestamp,
    /// How many it is attached to.
    pub targets: i64,
}

/// Somebody whom a policy is attached to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyTarget {
    /// As it is stored: `cert`, `mqtt-user`, …
    pub kind: String,
    /// Certificate id or name.
    pub id: String,
}

impl Identity {
    /// A page of the account's policies by name, from behind `after`; at most `count`, and 1,000.
    pub async fn policies_by_name(
        &self,
        account: AccountId,
        after: Option<&str>,
        count: usize,
    ) -> Result<Page<PolicyOverview, String>, IdentityError> {
        let count = count.clamp(1, PEOPLES_PAGE_MAX);
        let sql = "SELECT p.policy_name, p.default_version, p.modified_us, \
                   (SELECT count(*) FROM policy_targets t \
                       WHERE t.account = p.account AND t.policy_name = p.policy_name) \
                   FROM policies p WHERE p.account = $1 AND p.policy_name > $2 \
                   ORDER BY p.policy_name LIMIT $3";
        let args = vec![
            account.into(),
            after.unwrap_or("").into(),
            (count as i64 + 1).into(),
        ];
        let rows = self.catalog.read(sql, args).await?;
        let items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(items, count, |policy| policy.name.clone()))
    }

    /// The first `max` whom a policy is attached to, and how many there are.
    pub async fn whom_policy_is_attached_to(
        &self,
        account: AccountId,
        name: &str,
        max: usize,
    ) -> Result<(Vec<PolicyTarget>, i64), IdentityError> {
        let count = "SELECT count(*) FROM policy_targets WHERE account = $1 AND policy_name = $2";
        let first = "SELECT target_kind, target FROM policy_targets \
                     WHERE account = $1 AND policy_name = $2 \
                     ORDER BY target_kind, target LIMIT $3";
        let args = vec![account.into(), name.into()];
        let rows = self.catalog.read(count, args.clone()).await?;
        let count = rows.first().map_or(Ok(0), |row| row.int(0))?;
        let args = [args, vec![(max as i64).into()]].concat();
        let mut targets = Vec::new();
        for row in &self.catalog.read(first, args).await? {
            targets.push(PolicyTarget {
                kind: row.text(0)?.to_owned(),
                id: row.text(1)?.to_owned(),
            });
        }
        Ok((targets, count))
    }
}

fn read(row: &Row) -> Result<PolicyOverview, IdentityError> {
    Ok(PolicyOverview {
        name: row.text(0)?.to_owned(),
        default_version: row.int(1)?,
        modified: Timestamp(row.int(2)?),
        targets: row.int(3)?,
    })
}
