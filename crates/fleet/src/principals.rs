// SPDX-License-Identifier: Apache-2.0
//! Attachments of principals (certificates) to things.

use hw_kernel::admission::Touched;
use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::{AccountId, CertificateId};

use crate::{Fleet, FleetError};

/// How a certificate is attached (AttachThingPrincipal, `thingPrincipalType`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Attachment {
    /// The thing is the principal's only one.
    Exclusive,
    /// The principal may have several things.
    #[default]
    NonExclusive,
}

impl Attachment {
    /// As AWS IoT spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Attachment::Exclusive => "EXCLUSIVE_THING",
            Attachment::NonExclusive => "NON_EXCLUSIVE_THING",
        }
    }

    /// From AWS IoT's spelling.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Exclusive, Self::NonExclusive]
            .into_iter()
            .find(|one| one.as_str() == text)
    }
}

impl Fleet {
    /// Attaches a certificate to a thing. The same again is fine.
    pub async fn attach_principal(
        &self,
        account: AccountId,
        thing: &str,
        certificate: CertificateId,
        how: Attachment,
    ) -> Result<(), FleetError> {
        self.thing(account, thing).await?;
        let key = certificate.to_string();
        let known = "SELECT 1 FROM certificates WHERE account = $1 AND certificate_id = $2";
        if self
            .catalog
            .read(known, vec![account.into(), key.as_str().into()])
            .await?
            .is_empty()
        {
            return Err(FleetError::NoCertificate(key));
        }
        // One statement, so that of two at once the second sees the first.
        let sql = "INSERT INTO thing_principals \
                   (account, thing_name, certificate_id, attachment, attached_us) \
                   SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS \
                   (SELECT 1 FROM thing_principals \
                    WHERE account = $1 AND certificate_id = $3 AND thing_name <> $2 \
                    AND (attachment = 'EXCLUSIVE_THING' OR $4 = 'EXCLUSIVE_THING')) \
                   ON CONFLICT (account, thing_name, certificate_id) \
                   DO UPDATE SET attachment = excluded.attachment";
        let args = vec![
            account.into(),
            thing.into(),
            key.into(),
            how.as_str().into(),
            self.clock.now().into(),
        ];
        let insert = Statement::new(sql, args).expecting(1);
        match self.catalog.write(vec![insert]).await {
            Err(CatalogError::Conflict { .. }) => {
                return Err(FleetError::Invalid(format!(
                    "certificate {certificate} is attached to another thing, and one of the two \
                     attachments is EXCLUSIVE_THING"
                )));
            }
            done => done?,
        };
        self.changes
            .touched(account, &Touched::Certificate(certificate));
        Ok(())
    }

    /// Detaches a certificate from a thing. Not attached is fine.
    pub async fn detach_principal(
        &self,
        account: AccountId,
        thing: &str,
        certificate: CertificateId,
    ) -> Result<(), FleetError> {
        self.thing(account, thing).await?;
        let sql = "DELETE FROM thing_principals \
                   WHERE account = $1 AND thing_name = $2 AND certificate_id = $3";
        let args = vec![account.into(), thing.into(), certificate.to_string().into()];
        self.catalog.write(vec![Statement::new(sql, args)]).await?;
        self.changes
            .touched(account, &Touched::Certificate(certificate));
        Ok(())
    }
}
