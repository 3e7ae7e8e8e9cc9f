// SPDX-License-Identifier: Apache-2.0
//! Taking a certificate out of the registry (DeleteCertificate).

use hw_kernel::admission::{AdmissionChanges, Touched};
use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::{AccountId, CertificateId};

use crate::{Identity, IdentityError};

impl Identity {
    /// Deletes a certificate that is neither ACTIVE nor in use. `force` waives policies: they are
    /// detached with it; attached things hold it all the same.
    pub async fn delete_certificate(
        &self,
        account: AccountId,
        id: CertificateId,
        force: bool,
    ) -> Result<(), IdentityError> {
        let certificate = "DELETE FROM certificates WHERE account = $1 AND certificate_id = $2 \
             AND status NOT IN ('ACTIVE', 'PENDING_TRANSFER') \
             AND NOT EXISTS (SELECT 1 FROM thing_principals t \
                WHERE t.account = $1 AND t.certificate_id = $2) \
             AND ($3 = 1 OR NOT EXISTS (SELECT 1 FROM policy_targets p \
                WHERE p.account = $1 AND p.target_kind = 'cert' AND p.target = $2))";
        let policies = "DELETE FROM policy_targets \
             WHERE account = $1 AND target_kind = 'cert' AND target = $2";
        let key = || vec![account.into(), id.to_string().into()];
        let done = self.catalog.write(vec![
            Statement::new(certificate, [key(), vec![force.into()]].concat()).expecting(1),
            Statement::new(policies, key()),
        ]);
        match done.await {
            Err(CatalogError::Conflict { .. }) => return Err(self.held(account, id).await?),
            done => done?,
        };
        self.changes.touched(account, &Touched::Certificate(id));
        Ok(())
    }

    /// Deletes a certificate that is not ACTIVE, and takes it off its things and policies.
    pub async fn detach_and_delete_certificate(
        &self,
        account: AccountId,
        id: CertificateId,
    ) -> Result<(), IdentityError> {
        let things = "DELETE FROM thing_principals WHERE account = $1 AND certificate_id = $2";
        let policies = "DELETE FROM policy_targets \
             WHERE account = $1 AND target_kind = 'cert' AND target = $2";
        let certificate = "DELETE FROM certificates WHERE account = $1 AND certificate_id = $2 \
             AND status NOT IN ('ACTIVE', 'PENDING_TRANSFER')";
        let key = || vec![account.into(), id.to_string().into()];
        let done = self.catalog.write(vec![
            Statement::new(certificate, key()).expecting(1),
            Statement::new(things, key()),
            Statement::new(policies, key()),
        ]);
        match done.await {
            Err(CatalogError::Conflict { .. }) => return Err(self.held(account, id).await?),
            done => done?,
        };
        self.changes.touched(account, &Touched::Certificate(id));
        Ok(())
    }

    /// Why a certificate can't be deleted.
    async fn held(
        &self,
        account: AccountId,
        id: CertificateId,
    ) -> Result<IdentityError, IdentityError> {
        let status = self.certificate(account, id).await?.status;
        if ["ACTIVE", "PENDING_TRANSFER"].contains(&status.as_str()) {
            return Ok(IdentityError::State(format!(
                "certificate {id} is {status}; only an INACTIVE or REVOKED one can be deleted"
            )));
        }
        let sql = "SELECT thing_name FROM thing_principals \
                   WHERE account = $1 AND certificate_id = $2 ORDER BY thing_name LIMIT 1";
        let args = vec![account.into(), id.to_string().into()];
        let things = self.catalog.read(sql, args).await?;
        Ok(IdentityError::InUse(match things.first() {
            Some(thing) => format!(
                "certificate {id} is attached to thing {}; detach it first",
                thing.text(0)?
            ),
            None => format!(
                "certificate {id} has policies attached; detach them first, or use forceDelete"
            ),
        }))
    }
}
