// SPDX-License-Identifier: Apache-2.0
//! Certificates of an account by the time they were registered (ListCertificates).

use hw_kernel::port::catalog::Row;
use hw_model::{AccountId, CertificateId, Timestamp};

use super::stored_id;
use crate::page::{ByCreation, Page, Place, limit};
use crate::{Identity, IdentityError};

/// What a list says of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// SHA-256 of its DER.
    pub id: CertificateId,
    /// Its status.
    pub status: String,
    /// `DEFAULT` or `SNI_ONLY`.
    pub mode: String,
    /// When it was registered.
    pub created: Timestamp,
}

impl Identity {
    /// A page of the account's certificates.
    pub async fn certificates(
        &self,
        account: AccountId,
        by: &ByCreation,
    ) -> Result<Page<Listed, Place>, IdentityError> {
        let sql = if by.ascending {
            "SELECT certificate_id, status, mode, created_us FROM certificates \
             WHERE account = $1 AND created_us >= $2 \
             AND (created_us > $2 OR certificate_id > $3) \
             ORDER BY created_us, certificate_id LIMIT $4"
        } else {
            "SELECT certificate_id, status, mode, created_us FROM certificates \
             WHERE account = $1 AND created_us <= $2 \
             AND (created_us < $2 OR certificate_id < $3) \
             ORDER BY created_us DESC, certificate_id DESC LIMIT $4"
        };
        let place = by.place();
        let args = vec![
            account.into(),
            place.created_us.into(),
            place.name.into(),
            limit(by.count).into(),
        ];
        let rows = self.catalog.read(sql, args).await?;
        let items = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::cut(items, by.count, |listed: &Listed| Place {
            created_us: listed.created.0,
            name: listed.id.to_string(),
        }))
    }
}

fn read(row: &Row) -> Result<Listed, IdentityError> {
    Ok(Listed {
        id: stored_id(row.text(0)?)?,
        status: row.text(1)?.to_owned(),
        mode: row.text(2)?.to_owned(),
        created: Timestamp(row.int(3)?),
    })
}
