// SPDX-License-Identifier: Apache-2.0
//! Which policy is attached to which certificate.

use hw_kernel::admission::{AdmissionChanges, Touched};
use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::{AccountId, CertificateId};

use super::POLICIES_PER_TARGET_MAX;
use crate::page::{Page, limit};
use crate::{Identity, IdentityError};

impl Identity {
    /// Attaches a policy to a certificate. Attached already is fine.
    pub async fn attach_policy(
        &self,
        account: AccountId,
        name: &str,
        certificate: CertificateId,
    ) -> Result<(), IdentityError> {
        // One statement: of two at once the second sees the first, and neither policy nor
        // certificate can go in between.
        let sql = "INSERT INTO policy_targets \
                   (account, policy_name, target_kind, target, attached_us) \
                   SELECT $1, $2, 'cert', $3, $4 WHERE EXISTS \
                   (SELECT 1 FROM policies p WHERE p.account = $1 AND p.policy_name = $2) \
                   AND EXISTS \
                   (SELECT 1 FROM certificates c WHERE c.account = $1 AND c.certificate_id = $3) \
                   AND (SELECT count(*) FROM policy_targets t WHERE t.account = $1 \
                      AND t.target_kind = 'cert' AND t.target = $3 AND t.policy_name <> $2) < $5 \
                   ON CONFLICT (account, policy_name, target_kind, target) \
                   DO UPDATE SET attached_us = policy_targets.attached_us";
        let args = vec![
            account.into(),
            name.into(),
            certificate.to_string().into(),
            self.clock.now().into(),
            (POLICIES_PER_TARGET_MAX as i64).into(),
        ];
        let insert = Statement::new(sql, args).expecting(1);
        match self.catalog.write(vec![insert]).await {
            Err(CatalogError::Conflict { .. }) => {
                self.policy(account, name).await?;
                self.certificate(account, certificate).await?;
                return Err(IdentityError::Limit(format!(
                    "a target has at most {POLICIES_PER_TARGET_MAX} policies; detach one first"
                )));
            }
            done => done?,
        };
        self.changes
            .touched(account, &Touched::Certificate(certificate));
        Ok(())
    }

    /// Detaches a policy from a certificate. Not attached is fine, as on AWS IoT.
    pub async fn detach_policy(
        &self,
        account: AccountId,
        name: &str,
        certificate: CertificateId,
    ) -> Result<(), IdentityError> {
        self.policy(account, name).await?;
        let sql = "DELETE FROM policy_targets WHERE account = $1 AND policy_name = $2 \
                   AND target_kind = 'cert' AND target = $3";
        let args = vec![account.into(), name.into(), certificate.to_string().into()];
        self.catalog.write(vec![Statement::new(sql, args)]).await?;
        self.changes
            .touched(account, &Touched::Certificate(certificate));
        Ok(())
    }

    /// Names of the policies attached to a certificate, in order.
    pub async fn attached_policies(
        &self,
        account: AccountId,
        certificate: CertificateId,
    ) -> Result<Vec<String>, IdentityError> {
        let sql = "SELECT policy_name FROM policy_targets WHERE account = $1 \
                   AND target_kind = 'cert' AND target = $2 ORDER BY policy_name";
        let args = vec![account.into(), certificate.to_string().into()];
        let rows = self.catalog.read(sql, args).await?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }

    /// A page of the certificates that a policy is attached to, by id, from behind `after`.
    pub async fn policy_targets(
        &self,
        account: AccountId,
        name: &str,
        after: Option<&str>,
        count: usize,
    ) -> Result<Page<String, String>, IdentityError> {
        self.policy(account, name).await?;
        let sql = "SELECT target FROM policy_targets WHERE account = $1 AND policy_name = $2 \
                   AND target_kind = 'cert' AND target > $3 ORDER BY target LIMIT $4";
        let args = vec![
            account.into(),
            name.into(),
            after.unwrap_or("").into(),
            limit(count).into(),
        ];
        let rows = self.catalog.read(sql, args).await?;
        let ids = rows.iter().map(|row| Ok(row.text(0)?.to_owned()));
        let ids = ids.collect::<Result<Vec<_>, IdentityError>>()?;
        Ok(Page::cut(ids, count, String::clone))
    }
}
