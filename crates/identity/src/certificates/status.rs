// SPDX-License-Identifier: Apache-2.0
//! A certificate's status, and which may follow which (UpdateCertificate).

use hw_kernel::admission::{AdmissionChanges, Touched};
use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::{AccountId, CertificateId};

use super::STATUSES;
use crate::{Identity, IdentityError};

impl Identity {
    /// Sets a certificate's status. In effect on live connections when it returns, give or take a
    /// turn of their shard. REVOKED is for good; what is being transferred stays as it is.
    pub async fn set_certificate_status(
        &self,
        account: AccountId,
        id: CertificateId,
        status: &str,
    ) -> Result<(), IdentityError> {
        if !["ACTIVE", "INACTIVE", "REVOKED"].contains(&status) {
            let why = if STATUSES.contains(&status) {
                "the others are set by transfers and provisioning alone"
            } else {
                "there is no such status"
            };
            return Err(IdentityError::Invalid(format!(
                "newStatus can be set to ACTIVE, INACTIVE or REVOKED, not to {status}: {why}"
            )));
        }
        // Setting what is set already is no change, and counts as none.
        let sql = "UPDATE certificates SET \
                   modified_us = CASE WHEN status = $1 THEN modified_us ELSE $2 END, \
                   customer_version = customer_version + CASE WHEN status = $1 THEN 0 ELSE 1 END, \
                   status = $1 WHERE account = $3 AND certificate_id = $4 \
                   AND status <> 'PENDING_TRANSFER' AND (status <> 'REVOKED' OR $1 = 'REVOKED')";
        let args = vec![
            status.into(),
            self.clock.now().into(),
            account.into(),
            id.to_string().into(),
        ];
        let update = Statement::new(sql, args).expecting(1);
        match self.catalog.write(vec![update]).await {
            Err(CatalogError::Conflict { .. }) => {
                let found = self.certificate(account, id).await?.status;
                return Err(IdentityError::State(match found.as_str() {
                    "REVOKED" => format!(
                        "certificate {id} is REVOKED, which is for good; make the device a new one"
                    ),
                    found => format!("certificate {id} is {found}; its status can't be set now"),
                }));
            }
            done => done?,
        };
        self.changes.touched(account, &Touched::Certificate(id));
        Ok(())
    }
}
