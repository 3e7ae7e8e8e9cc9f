// SPDX-License-Identifier: Apache-2.0
//! Device certificates: made, described, switched on and off.

use aws_lc_rs::digest;
use hw_kernel::admission::{AdmissionChanges, Touched};
use hw_kernel::port::catalog::{Row, Statement};
use hw_model::{AccountId, CertificateId, Timestamp};

use crate::authority::Authority;
use crate::device_key::{DeviceKey, make_rsa_2048};
use crate::{Identity, IdentityError, certificate_facts};

/// Statuses of a certificate, spelled as AWS IoT does.
pub const STATUSES: &[&str] = &[
    "ACTIVE",
    "INACTIVE",
    "REVOKED",
    "PENDING_TRANSFER",
    "PENDING_ACTIVATION",
];

/// A registered certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256 of its DER.
    pub id: CertificateId,
    /// PEM.
    pub pem: String,
    /// One of [`STATUSES`].
    pub status: String,
    /// `DEFAULT` or `SNI_ONLY`.
    pub mode: String,
    /// Counts changes of status, from 1.
    pub customer_version: i64,
    /// Changes with the certificate's life: a UUID.
    pub generation_id: String,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
    /// When it was registered.
    pub created: Timestamp,
    /// When its status changed last.
    pub modified: Timestamp,
}

/// A certificate made here, with the keys that are never stored.
pub struct CreatedCertificate {
    /// The certificate.
    pub certificate: Certificate,
    /// PKCS #1 PEM.
    pub private_key_pem: String,
    /// SPKI PEM.
    pub public_key_pem: String,
}

/// The id of a certificate: SHA-256 over its DER.
pub fn id_of(der: &[u8]) -> CertificateId {
    let hash = digest::digest(&digest::SHA256, der);
    let mut id = [0; 32];
    id.copy_from_slice(hash.as_ref());
    CertificateId(id)
}

impl Identity {
    /// Makes a key pair and a certificate for it (CreateKeysAndCertificate).
    pub async fn create_keys_and_certificate(
        &self,
        account: AccountId,
        authority: &Authority,
        active: bool,
    ) -> Result<CreatedCertificate, IdentityError> {
        let made = tokio::task::spawn_blocking(make_rsa_2048).await;
        let key = made.map_err(|error| IdentityError::Crypto(error.to_string()))??;
        let DeviceKey {
            pair,
            private_pem,
            public_pem,
        } = key;
        let signed = authority.sign_device(&pair)?;
        let parsed = certificate_facts::parse(signed.der())?;
        let now = self.clock.now();
        let certificate = Certificate {
            id: id_of(signed.der()),
            pem: signed.pem().replace("\r\n", "\n"),
            status: if active { "ACTIVE" } else { "INACTIVE" }.to_owned(),
            mode: "DEFAULT".to_owned(),
            customer_version: 1,
            generation_id: uuid::Uuid::new_v4().to_string(),
            not_before: parsed.not_before,
            not_after: parsed.not_after,
            created: now,
            modified: now,
        };
        self.insert_certificate(account, &certificate).await?;
        Ok(CreatedCertificate {
            certificate,
            private_key_pem: private_pem,
            public_key_pem: public_pem,
        })
    }

    async fn insert_certificate(
        &self,
        account: AccountId,
        certificate: &Certificate,
    ) -> Result<(), IdentityError> {
        let sql = "INSERT INTO certificates (account, certificate_id, certificate_pem, status, \
                   mode, ca_certificate_id, customer_version, generation_id, not_before_us, \
                   not_after_us, created_us, modified_us) \
                   VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8, $9, $10, $11)";
        let args = vec![
            account.into(),
            certificate.id.to_string().into(),
            certificate.pem.as_str().into(),
            certificate.status.as_str().into(),
            certificate.mode.as_str().into(),
            certificate.customer_version.into(),
            certificate.generation_id.as_str().into(),
            certificate.not_before.into(),
            certificate.not_after.into(),
            certificate.created.into(),
            certificate.modified.into(),
        ];
        self.catalog.write(vec![Statement::new(sql, args)]).await?;
        self.changes
            .touched(account, &Touched::Certificate(certificate.id));
        Ok(())
    }

    /// A certificate of the account.
    pub async fn certificate(
        &self,
        account: AccountId,
        id: CertificateId,
    ) -> Result<Certificate, IdentityError> {
        let sql = "SELECT certificate_id, certificate_pem, status, mode, customer_version, \
                   generation_id, not_before_us, not_after_us, created_us, modified_us \
                   FROM certificates WHERE account = $1 AND certificate_id = $2";
        let rows = self
            .catalog
            .read(sql, vec![account.into(), id.to_string().into()])
            .await?;
        rows.first().map_or_else(|| Err(not_found(id)), read)
    }

    /// Sets a certificate's status (UpdateCertificate). In effect on live connections when it
    /// returns, give or take a turn of their shard.
    pub async fn set_certificate_status(
        &self,
        account: AccountId,
        id: CertificateId,
        status: &str,
    ) -> Result<(), IdentityError> {
        if !["ACTIVE", "INACTIVE", "REVOKED"].contains(&status) {
            return Err(IdentityError::Invalid(format!(
                "newStatus can be set to ACTIVE, INACTIVE or REVOKED, not to {status}"
            )));
        }
        let sql = "UPDATE certificates SET status = $1, modified_us = $2, \
                   customer_version = customer_version + 1 \
                   WHERE account = $3 AND certificate_id = $4";
        let args = vec![
            status.into(),
            self.clock.now().into(),
            account.into(),
            id.to_string().into(),
        ];
        let done = self.catalog.write(vec![Statement::new(sql, args)]).await?;
        if done
            .first()
            .is_none_or(|outcome| outcome.rows_affected == 0)
        {
            return Err(not_found(id));
        }
        self.changes.touched(account, &Touched::Certificate(id));
        Ok(())
    }
}

fn not_found(id: CertificateId) -> IdentityError {
    IdentityError::NotFound {
        what: "certificate",
        name: id.to_string(),
    }
}

fn read(row: &Row) -> Result<Certificate, IdentityError> {
    let id = row.text(0)?.parse();
    Ok(Certificate {
        id: id.map_err(|_| IdentityError::Invalid("stored certificate id".into()))?,
        pem: row.text(1)?.to_owned(),
        status: row.text(2)?.to_owned(),
        mode: row.text(3)?.to_owned(),
        customer_version: row.int(4)?,
        generation_id: row.text(5)?.to_owned(),
        not_before: Timestamp(row.int(6)?),
        not_after: Timestamp(row.int(7)?),
        created: Timestamp(row.int(8)?),
        modified: Timestamp(row.int(9)?),
    })
}
