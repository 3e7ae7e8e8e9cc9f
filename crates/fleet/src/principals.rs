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

/// Most attachments in one page of a list.
pub const PAGE_ATTACHMENTS_MAX: usize = 250;

/// Which attachments to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct AttachmentQuery<'a> {
    /// Only those of this kind.
    pub how: Option<Attachment>,
    /// From behind this name or id.
    pub after: Option<&'a str>,
    /// At most this many, and [`PAGE_ATTACHMENTS_MAX`].
    pub count: usize,
}

/// A page of attachments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentPage {
    /// The other side's name or id, in order, and how it is attached.
    pub items: Vec<(String, Attachment)>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
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
        let key = certificate.to_string();
        // One statement: of two at once the second sees the first, and neither thing nor
        // certificate can go in between.
        let sql = "INSERT INTO thing_principals \
                   (account, thing_name, certificate_id, attachment, attached_us) \
                   SELECT $1, $2, $3, $4, $5 WHERE EXISTS \
                   (SELECT 1 FROM things WHERE account = $1 AND thing_name = $2) \
                   AND EXISTS (SELECT 1 FROM certificates \
                    WHERE account = $1 AND certificate_id = $3) \
                   AND NOT EXISTS \
                   (SELECT 1 FROM thing_principals \
                    WHERE account = $1 AND certificate_id = $3 AND thing_name <> $2 \
                    AND (attachment = 'EXCLUSIVE_THING' OR $4 = 'EXCLUSIVE_THING')) \
                   ON CONFLICT (account, thing_name, certificate_id) \
                   DO UPDATE SET attachment = excluded.attachment";
        let args = vec![
            account.into(),
            thing.into(),
            key.as_str().into(),
            how.as_str().into(),
            self.clock.now().into(),
        ];
        let insert = Statement::new(sql, args).expecting(1);
        match self.catalog.write(vec![insert]).await {
            Err(CatalogError::Conflict { .. }) => {
                self.thing(account, thing).await?;
                self.known(account, certificate).await?;
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

    /// Whether a certificate is registered in the account.
    async fn known(&self, account: AccountId, id: CertificateId) -> Result<(), FleetError> {
        let key = id.to_string();
        let sql = "SELECT 1 FROM certificates WHERE account = $1 AND certificate_id = $2";
        let args = vec![account.into(), key.as_str().into()];
        let rows = self.catalog.read(sql, args).await?;
        rows.first()
            .map_or_else(|| Err(FleetError::NoCertificate(key)), |_| Ok(()))
    }

    /// A page of the certificates attached to a thing, by id, from behind `after`.
    pub async fn principals_of_thing(
        &self,
        account: AccountId,
        thing: &str,
        query: &AttachmentQuery<'_>,
    ) -> Result<AttachmentPage, FleetError> {
        self.thing(account, thing).await?;
        let sql = "SELECT certificate_id, attachment FROM thing_principals \
                   WHERE account = $1 AND thing_name = $2 AND certificate_id > $3 \
                   AND ($4 = '' OR attachment = $4) ORDER BY certificate_id LIMIT $5";
        self.attachments(account, sql, thing, query).await
    }

    /// A page of the things that a certificate is attached to, by name, from behind `after`.
    pub async fn things_of_principal(
        &self,
        account: AccountId,
        certificate: CertificateId,
        query: &AttachmentQuery<'_>,
    ) -> Result<AttachmentPage, FleetError> {
        self.known(account, certificate).await?;
        let sql = "SELECT thing_name, attachment FROM thing_principals \
                   WHERE account = $1 AND certificate_id = $2 AND thing_name > $3 \
                   AND ($4 = '' OR attachment = $4) ORDER BY thing_name LIMIT $5";
        let certificate = certificate.to_string();
        self.attachments(account, sql, &certificate, query).await
    }

    async fn attachments(
        &self,
        account: AccountId,
        sql: &'static str,
        of: &str,
        query: &AttachmentQuery<'_>,
    ) -> Result<AttachmentPage, FleetError> {
        let count = query.count.clamp(1, PAGE_ATTACHMENTS_MAX);
        let args = vec![
            account.into(),
            of.into(),
            query.after.unwrap_or("").into(),
            query.how.map_or("", Attachment::as_str).into(),
            (count as i64 + 1).into(),
        ];
        let rows = self.catalog.read(sql, args).await?;
        let mut items = Vec::with_capacity(rows.len());
        for row in &rows {
            let how = Attachment::parse(row.text(1)?);
            let how = how.ok_or_else(|| FleetError::Invalid("stored attachment".into()))?;
            items.push((row.text(0)?.to_owned(), how));
        }
        let more = items.len() > count;
        items.truncate(count);
        let next = items.last().filter(|_| more).map(|(name, _)| name.clone());
        Ok(AttachmentPage { items, next })
    }
}
