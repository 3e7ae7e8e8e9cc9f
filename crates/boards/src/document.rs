// SPDX-License-Identifier: Apache-2.0
//! Documents as they are read.

use hw_kernel::port::catalog::Row;
use hw_model::{AccountId, Timestamp};

use crate::{Boards, BoardsError};

/// Most documents in one page of a list.
const PAGE_MAX: usize = 250;

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Widgets over the data of devices.
    Dashboard,
    /// A statement to ask again.
    Query,
    /// What units metrics have.
    Units,
}

impl Kind {
    /// For people, and as it stands in the catalog.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Dashboard => "dashboard",
            Kind::Query => "query",
            Kind::Units => "units",
        }
    }
}

/// A document in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Names it for good.
    pub id: String,
    /// For people.
    pub title: String,
    /// Counts changes, from 1.
    pub version: i64,
    /// Who changed it last.
    pub changed_by: String,
    /// When.
    pub changed: Timestamp,
    /// When it was made.
    pub created: Timestamp,
}

/// A document whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// As in lists.
    pub listed: Listed,
    /// JSON.
    pub body: String,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// By id.
    pub documents: Vec<Listed>,
    /// Behind which the next page begins; `None` on the last.
    pub next: Option<String>,
}

impl Boards {
    /// A page of an account's documents by id, from behind `after`; `count` at most, and 250.
    pub async fn list(
        &self,
        account: AccountId,
        kind: Kind,
        after: Option<&str>,
        count: usize,
    ) -> Result<Page, BoardsError> {
        let count = count.clamp(1, PAGE_MAX);
        let sql = "SELECT id, title, version, changed_by, changed_us, created_us FROM documents \
                   WHERE account = $1 AND kind = $2 AND id > $3 ORDER BY id LIMIT $4";
        let after = after.unwrap_or_default();
        let limit = count as i64 + 1;
        let args = vec![
            account.into(),
            kind.as_str().into(),
            after.into(),
            limit.into(),
        ];
        let rows = self.catalog.read(sql, args).await?;
        let documents = rows.iter().take(count).map(listed);
        let documents = documents.collect::<Result<Vec<_>, _>>()?;
        let more = rows.len() > count;
        let next = documents
            .last()
            .filter(|_| more)
            .map(|last| last.id.clone());
        Ok(Page { documents, next })
    }

    /// A document of the account.
    pub async fn document(
        &self,
        account: AccountId,
        kind: Kind,
        id: &str,
    ) -> Result<Document, BoardsError> {
        let sql = "SELECT id, title, version, changed_by, changed_us, created_us, body \
                   FROM documents WHERE account = $1 AND kind = $2 AND id = $3";
        let args = vec![account.into(), kind.as_str().into(), id.into()];
        let rows = self.catalog.read(sql, args).await?;
        let Some(row) = rows.first() else {
            return Err(BoardsError::Missing {
                what: kind.as_str(),
                id: id.to_owned(),
            });
        };
        Ok(Document {
            listed: listed(row)?,
            body: row.text(6)?.to_owned(),
        })
    }
}

fn listed(row: &Row) -> Result<Listed, BoardsError> {
    Ok(Listed {
        id: row.text(0)?.to_owned(),
        title: row.text(1)?.to_owned(),
        version: row.int(2)?,
        changed_by: row.text(3)?.to_owned(),
        changed: Timestamp(row.int(4)?),
        created: Timestamp(row.int(5)?),
    })
}
