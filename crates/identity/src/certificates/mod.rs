// SPDX-License-Identifier: Apache-2.0
//! Device certificates: what one is, and how it is found.

mod create;
mod delete;
mod for_thing;
mod list;
mod of_thing;
mod register;
mod search;
mod status;

pub use create::CreatedCertificate;
pub use for_thing::{KeyPems, MadeForThing};
pub use list::Listed;
pub use register::{RegisterStatus, Registration};
pub use search::{CertificateSearch, Overview};

use aws_lc_rs::digest;
use hw_kernel::admission::{AdmissionChanges, Touched};
use hw_kernel::port::catalog::{CatalogError, Row, Statement};
use hw_model::arn::{Kind, iot};
use hw_model::{AccountId, CertificateId, Timestamp};

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
    /// SHA-256 of the DER of the CA that signed it, if it was registered with its CA.
    pub ca_certificate_id: Option<String>,
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

/// The id of a certificate: SHA-256 over its DER.
pub fn id_of(der: &[u8]) -> CertificateId {
    let hash = digest::digest(&digest::SHA256, der);
    let mut id = [0; 32];
    id.copy_from_slice(hash.as_ref());
    CertificateId(id)
}

/// What is registered of a certificate beside its DER.
struct Entry<'a> {
    status: &'a str,
    mode: &'a str,
    ca: Option<CertificateId>,
}

impl Identity {
    /// What is to be written of a certificate.
    fn entry_of(&self, der: &[u8], entry: Entry<'_>) -> Result<Certificate, IdentityError> {
        let parsed = certificate_facts::parse(der)?;
        let now = self.clock.now();
        Ok(Certificate {
            id: id_of(der),
            pem: crate::device_key::pem("CERTIFICATE", der).to_string(),
            status: entry.status.to_owned(),
            mode: entry.mode.to_owned(),
            ca_certificate_id: entry.ca.map(|id| id.to_string()),
            customer_version: 1,
            generation_id: uuid::Uuid::new_v4().to_string(),
            not_before: parsed.not_before,
            not_after: parsed.not_after,
            created: now,
            modified: now,
        })
    }

    /// Puts a certificate into the account; one that is there already stays as it is.
    async fn enter(
        &self,
        account: AccountId,
        der: &[u8],
        entry: Entry<'_>,
    ) -> Result<Certificate, IdentityError> {
        let certificate = self.entry_of(der, entry)?;
        let insert = insertion(account, &certificate);
        match self.catalog.write(vec![insert]).await {
            Err(CatalogError::Constraint { .. }) => Err(IdentityError::Exists {
                what: "certificate",
                name: certificate.id.to_string(),
                arn: self.certificate_arn(account, certificate.id),
            }),
            done => {
                done?;
                let touched = Touched::Certificate(certificate.id);
                self.changes.touched(account, &touched);
                Ok(certificate)
            }
        }
    }

    /// A certificate of the account.
    pub async fn certificate(
        &self,
        account: AccountId,
        id: CertificateId,
    ) -> Result<Certificate, IdentityError> {
        let sql = "SELECT certificate_id, certificate_pem, status, mode, ca_certificate_id, \
                   customer_version, generation_id, not_before_us, not_after_us, created_us, \
                   modified_us FROM certificates WHERE account = $1 AND certificate_id = $2";
        let rows = self
            .catalog
            .read(sql, vec![account.into(), id.to_string().into()])
            .await?;
        rows.first().map_or_else(|| Err(not_found(id)), read)
    }

    /// A certificate's ARN in an account.
    pub fn certificate_arn(&self, account: AccountId, id: CertificateId) -> String {
        iot(&self.region, account, Kind::Cert, &id.to_string())
    }
}

/// Writes a certificate.
fn insertion(account: AccountId, certificate: &Certificate) -> Statement {
    let sql = "INSERT INTO certificates (account, certificate_id, certificate_pem, status, \
                   mode, ca_certificate_id, customer_version, generation_id, not_before_us, \
                   not_after_us, created_us, modified_us) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let args = vec![
        account.into(),
        certificate.id.to_string().into(),
        certificate.pem.as_str().into(),
        certificate.status.as_str().into(),
        certificate.mode.as_str().into(),
        certificate
            .ca_certificate_id
            .clone()
            .unwrap_or_default()
            .into(),
        certificate.customer_version.into(),
        certificate.generation_id.as_str().into(),
        certificate.not_before.into(),
        certificate.not_after.into(),
        certificate.created.into(),
        certificate.modified.into(),
    ];
    Statement::new(sql, args)
}

pub(crate) fn not_found(id: CertificateId) -> IdentityError {
    IdentityError::NotFound {
        what: "certificate",
        name: id.to_string(),
    }
}

/// A certificate id as it stands in the catalog.
pub(crate) fn stored_id(text: &str) -> Result<CertificateId, IdentityError> {
    text.parse()
        .map_err(|_| IdentityError::Invalid(format!("stored certificate id {text}")))
}

fn read(row: &Row) -> Result<Certificate, IdentityError> {
    Ok(Certificate {
        id: stored_id(row.text(0)?)?,
        pem: row.text(1)?.to_owned(),
        status: row.text(2)?.to_owned(),
        mode: row.text(3)?.to_owned(),
        ca_certificate_id: Some(row.text(4)?.to_owned()).filter(|id| !id.is_empty()),
        customer_version: row.int(5)?,
        generation_id: row.text(6)?.to_owned(),
        not_before: Timestamp(row.int(7)?),
        not_after: Timestamp(row.int(8)?),
        created: Timestamp(row.int(9)?),
        modified: Timestamp(row.int(10)?),
    })
}
