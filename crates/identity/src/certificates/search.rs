// SPDX-License-Identifier: Apache-2.0
//! Certificates as people list them: with their things and policies, the newest first.

use hw_kernel::port::catalog::Row;
use hw_model::{AccountId, CertificateId, Timestamp};

use super::stored_id;
use crate::page::{ByCreation, PEOPLES_PAGE_MAX, Page, Place, containing};
use crate::{Identity, IdentityError};

/// A certificate in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// SHA-256 of its DER.
    pub id: CertificateId,
    /// Its status.
    pub status: String,
    /// `DEFAULT` or `SNI_ONLY`.
    pub mode: String,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
    /// When it was registered.
    pub created: Timestamp,
    /// The things that it is attached to, by name.
    pub things: Vec<String>,
    /// The policies that are attached to it, by name.
    pub policies: Vec<String>,
}

/// Which certificates to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateSearch {
    /// What stands in the id, or in the name of one of its things or policies, in any case.
    pub word: Option<String>,
    /// Begin behind this.
    pub after: Option<Place>,
    /// At most so many, and 1,000.
    pub count: usize,
}

/// A page of certificates, and a row for each of their things and policies behind each.
const PAGE: &str = "WITH page AS ( \
    SELECT c.account, c.certificate_id, c.status, c.mode, c.not_before_us, c.not_after_us, \
    c.created_us FROM certificates c WHERE c.account = $1 AND c.created_us <= $2 \
    AND (c.created_us < $2 OR c.certificate_id < $3) \
    AND ($4 = '' OR c.certificate_id LIKE $4 ESCAPE '!' \
        OR EXISTS (SELECT 1 FROM thing_principals t WHERE t.account = $1 \
            AND t.certificate_id = c.certificate_id AND lower(t.thing_name) LIKE $4 ESCAPE '!') \
        OR EXISTS (SELECT 1 FROM policy_targets t WHERE t.account = $1 AND t.target_kind = 'cert' \
            AND t.target = c.certificate_id AND lower(t.policy_name) LIKE $4 ESCAPE '!')) \
    ORDER BY c.created_us DESC, c.certificate_id DESC LIMIT $5) \
    SELECT certificate_id, created_us, '', '', status, mode, not_before_us, not_after_us \
    FROM page \
    UNION ALL SELECT p.certificate_id, p.created_us, 'thing', t.thing_name, '', '', 0, 0 \
    FROM page p JOIN thing_principals t ON t.account = p.account \
    AND t.certificate_id = p.certificate_id \
    UNION ALL SELECT p.certificate_id, p.created_us, 'policy', t.policy_name, '', '', 0, 0 \
    FROM page p JOIN policy_targets t ON t.account = p.account \
    AND t.target_kind = 'cert' AND t.target = p.certificate_id \
    ORDER BY 2 DESC, 1 DESC, 3, 4";

impl Identity {
    /// A page of the account's certificates, the newest first.
    pub async fn search_certificates(
        &self,
        account: AccountId,
        search: &CertificateSearch,
    ) -> Result<Page<Overview, Place>, IdentityError> {
        let count = search.count.clamp(1, PEOPLES_PAGE_MAX);
        let by = ByCreation {
            ascending: false,
            after: search.after.clone(),
            count,
        };
        let place = by.place();
        let args = vec![
            account.into(),
            place.created_us.into(),
            place.name.into(),
            containing(search.word.as_deref()).into(),
            (count as i64 + 1).into(),
        ];
        let mut found: Vec<Overview> = Vec::new();
        for row in &self.catalog.read(PAGE, args).await? {
            match (row.text(2)?, found.last_mut()) {
                ("thing", Some(last)) => last.things.push(row.text(3)?.to_owned()),
                ("policy", Some(last)) => last.policies.push(row.text(3)?.to_owned()),
                _ => found.push(read(row)?),
            }
        }
        Ok(Page::cut(found, count, |one| Place {
            created_us: one.created.0,
            name: one.id.to_string(),
        }))
    }

    /// The things that a certificate is attached to, by name.
    pub async fn things_of_certificate(
        &self,
        account: AccountId,
        id: CertificateId,
    ) -> Result<Vec<String>, IdentityError> {
        let sql = "SELECT thing_name FROM thing_principals \
                   WHERE account = $1 AND certificate_id = $2 ORDER BY thing_name";
        let args = vec![account.into(), id.to_string().into()];
        let rows = self.catalog.read(sql, args).await?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }
}

fn read(row: &Row) -> Result<Overview, IdentityError> {
    Ok(Overview {
        id: stored_id(row.text(0)?)?,
        created: Timestamp(row.int(1)?),
        status: row.text(4)?.to_owned(),
        mode: row.text(5)?.to_owned(),
        not_before: Timestamp(row.int(6)?),
        not_after: Timestamp(row.int(7)?),
        things: Vec::new(),
        policies: Vec::new(),
    })
}
