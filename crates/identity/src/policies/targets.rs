// SPDX-License-Identifier: Apache-2.0
//! Which policy is attached to which certificate or group of things.

use hw_kernel::admission::AdmissionChanges;
use hw_kernel::port::catalog::{CatalogError, Statement, Value};
use hw_model::AccountId;

use super::{POLICIES_PER_TARGET_MAX, Target};
use crate::page::{Page, limit};
use crate::{Identity, IdentityError};

impl Identity {
    /// Attaches a policy to a certificate or group. Attached already is fine. Live connections
    /// follow.
    pub async fn attach_policy(
        &self,
        account: AccountId,
        name: &str,
        target: impl Into<Target>,
    ) -> Result<(), IdentityError> {
        let target = target.into();
        // One statement: of two at once the second sees the first, and neither policy nor target
        // can go in between.
        let sql = "INSERT INTO policy_targets \
                   (account, policy_name, target_kind, target, attached_us) \
                   SELECT $1, $2, $3, $4, $5 WHERE EXISTS \
                   (SELECT 1 FROM policies p WHERE p.account = $1 AND p.policy_name = $2) \
                   AND (($3 = 'cert' AND EXISTS (SELECT 1 FROM certificates c \
                      WHERE c.account = $1 AND c.certificate_id = $4)) \
                    OR ($3 = 'thinggroup' AND EXISTS (SELECT 1 FROM thing_groups g \
                      WHERE g.account = $1 AND g.group_name = $4))) \
                   AND (SELECT count(*) FROM policy_targets t WHERE t.account = $1 \
                      AND t.target_kind = $3 AND t.target = $4 AND t.policy_name <> $2) < $6 \
                   ON CONFLICT (account, policy_name, target_kind, target) \
                   DO UPDATE SET attached_us = policy_targets.attached_us";
        let more = vec![
            self.clock.now().into(),
            (POLICIES_PER_TARGET_MAX as i64).into(),
        ];
        let args = [arguments(account, name, &target), more].concat();
        let insert = Statement::new(sql, args).expecting(1);
        match self.catalog.write(vec![insert]).await {
            Err(CatalogError::Conflict { .. }) => {
                self.policy(account, name).await?;
                self.check_target(account, &target).await?;
                return Err(IdentityError::Limit(format!(
                    "a target has at most {POLICIES_PER_TARGET_MAX} policies; detach one first"
                )));
            }
            done => done?,
        };
        self.changes.touched(account, &target.touched());
        Ok(())
    }

    /// Detaches a policy from a certificate or group. Not attached is fine, as on AWS IoT. Live
    /// connections follow.
    pub async fn detach_policy(
        &self,
        account: AccountId,
        name: &str,
        target: impl Into<Target>,
    ) -> Result<(), IdentityError> {
        let target = target.into();
        self.policy(account, name).await?;
        let sql = "DELETE FROM policy_targets WHERE account = $1 AND policy_name = $2 \
                   AND target_kind = $3 AND target = $4";
        let args = arguments(account, name, &target);
        self.catalog.write(vec![Statement::new(sql, args)]).await?;
        self.changes.touched(account, &target.touched());
        Ok(())
    }

    /// Names of the policies attached to a certificate or group itself, in order.
    pub async fn attached_policies(
        &self,
        account: AccountId,
        target: impl Into<Target>,
    ) -> Result<Vec<String>, IdentityError> {
        let target = target.into();
        let sql = "SELECT policy_name FROM policy_targets WHERE account = $1 \
                   AND target_kind = $2 AND target = $3 ORDER BY policy_name";
        let args = vec![
            account.into(),
            target.kind().as_str().into(),
            target.name().into(),
        ];
        self.names(sql, args).await
    }

    /// Names of the policies attached to a group or to one above it, each once, in order.
    pub async fn inherited_policies(
        &self,
        account: AccountId,
        group: &str,
    ) -> Result<Vec<String>, IdentityError> {
        let sql = "SELECT DISTINCT t.policy_name \
                   FROM thing_group_lines l CROSS JOIN policy_targets t \
                   WHERE l.account = $1 AND l.group_name = $2 AND t.account = l.account \
                   AND t.target_kind = 'thinggroup' AND t.target = l.above_name \
                   ORDER BY t.policy_name";
        self.names(sql, vec![account.into(), group.into()]).await
    }

    /// A page of the certificates, then groups, that a policy is attached to, from behind `after`.
    pub async fn policy_targets(
        &self,
        account: AccountId,
        name: &str,
        after: Option<&Target>,
        count: usize,
    ) -> Result<Page<Target, Target>, IdentityError> {
        self.policy(account, name).await?;
        let sql = "SELECT target_kind, target FROM policy_targets \
                   WHERE account = $1 AND policy_name = $2 \
                   AND target_kind IN ('cert', 'thinggroup') \
                   AND (target_kind, target) > ($3, $4) ORDER BY target_kind, target LIMIT $5";
        let args = vec![
            account.into(),
            name.into(),
            after.map_or("", |after| after.kind().as_str()).into(),
            after.map(Target::name).unwrap_or_default().into(),
            limit(count).into(),
        ];
        let rows = self.catalog.read(sql, args).await?;
        let mut targets = Vec::with_capacity(rows.len());
        for row in &rows {
            let target = Target::parse(row.text(0)?, row.text(1)?);
            targets.push(target.ok_or_else(|| IdentityError::Invalid("stored target".into()))?);
        }
        Ok(Page::cut(targets, count, Target::clone))
    }

    /// Whether a target is there.
    pub async fn check_target(
        &self,
        account: AccountId,
        target: &Target,
    ) -> Result<(), IdentityError> {
        let group = match target {
            Target::Certificate(id) => return self.certificate(account, *id).await.map(drop),
            Target::Group(group) => group,
        };
        let sql = "SELECT 1 FROM thing_groups WHERE account = $1 AND group_name = $2";
        let args = vec![account.into(), group.as_str().into()];
        if self.catalog.read(sql, args).await?.is_empty() {
            return Err(IdentityError::NotFound {
                what: "thing group",
                name: group.clone(),
            });
        }
        Ok(())
    }

    async fn names(
        &self,
        sql: &'static str,
        args: Vec<Value>,
    ) -> Result<Vec<String>, IdentityError> {
        let rows = self.catalog.read(sql, args).await?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }
}

/// Account, policy, kind and name of the target.
fn arguments(account: AccountId, policy: &str, target: &Target) -> Vec<Value> {
    vec![
        account.into(),
        policy.into(),
        target.kind().as_str().into(),
        target.name().into(),
    ]
}
