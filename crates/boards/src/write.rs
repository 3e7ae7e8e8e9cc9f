// SPDX-License-Identifier: Apache-2.0
//! Making, changing and deleting documents. Who changes one names the version that was read, so that
//! nobody's change is lost without a word.

use hw_kernel::port::catalog::{CatalogError, Statement};
use hw_model::AccountId;

use crate::{Boards, BoardsError, Document, Kind};

/// Longest body, in bytes.
pub const BODY_BYTES_MAX: usize = 256 << 10;

/// Longest title, in characters.
pub const TITLE_CHARACTERS_MAX: usize = 200;

/// Most documents of a kind in an account.
pub const DOCUMENTS_MAX: i64 = 1_000;

const ID_BYTES_MAX: usize = 64;

/// What is written.
#[derive(Debug, Clone, Copy)]
pub struct New<'a> {
    /// 1 to 64 of `a` to `z`, `0` to `9`, `-` and `_`.
    pub id: &'a str,
    /// For people.
    pub title: &'a str,
    /// JSON.
    pub body: &'a str,
    /// Who writes it.
    pub by: &'a str,
}

impl New<'_> {
    fn check(&self) -> Result<(), BoardsError> {
        let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'_';
        let id = self.id.as_bytes();
        if !(1..=ID_BYTES_MAX).contains(&id.len()) || !id.iter().copied().all(fits) {
            return Err(BoardsError::Invalid(format!(
                "an id is 1 to {ID_BYTES_MAX} of a to z, 0 to 9, - and _"
            )));
        }
        let title = self.title.trim();
        if title.is_empty() || title.chars().count() > TITLE_CHARACTERS_MAX {
            return Err(BoardsError::Invalid(format!(
                "a title has 1 to {TITLE_CHARACTERS_MAX} characters"
            )));
        }
        if self.body.len() > BODY_BYTES_MAX {
            return Err(BoardsError::Limit(format!(
                "it has {} bytes and may have {BODY_BYTES_MAX} (body_bytes_max)",
                self.body.len()
            )));
        }
        Ok(())
    }
}

impl Boards {
    /// Makes a document; its version is 1.
    pub async fn create(
        &self,
        account: AccountId,
        kind: Kind,
        new: &New<'_>,
    ) -> Result<Document, BoardsError> {
        new.check()?;
        let now = self.clock.now();
        let sql = "INSERT INTO documents (account, kind, id, title, version, body, changed_by, \
                   changed_us, created_us) \
                   SELECT $1, $2, $3, $4, 1, $5, $6, $7, $7 WHERE \
                   (SELECT count(*) FROM documents WHERE account = $1 AND kind = $2) < $8";
        let args = vec![
            account.into(),
            kind.as_str().into(),
            new.id.into(),
            new.title.trim().into(),
            new.body.into(),
            new.by.into(),
            now.into(),
            DOCUMENTS_MAX.into(),
        ];
        let insert = Statement::new(sql, args).expecting(1);
        match self.catalog.write(vec![insert]).await {
            Ok(_) => self.document(account, kind, new.id).await,
            Err(CatalogError::Constraint { .. }) => Err(BoardsError::Exists {
                what: kind.as_str(),
                id: new.id.to_owned(),
            }),
            Err(CatalogError::Conflict { .. }) => Err(BoardsError::Limit(format!(
                "an account has at most {DOCUMENTS_MAX} of them (documents_max)"
            ))),
            Err(error) => Err(error.into()),
        }
    }

    /// Puts another title and body in the place of version `expected`; the version rises by one.
    pub async fn replace(
        &self,
        account: AccountId,
        kind: Kind,
        new: &New<'_>,
        expected: i64,
    ) -> Result<Document, BoardsError> {
        new.check()?;
        let now = self.clock.now();
        let sql = "UPDATE documents SET title = $4, body = $5, changed_by = $6, changed_us = $7, \
                   version = version + 1 \
                   WHERE account = $1 AND kind = $2 AND id = $3 AND version = $8";
        let args = vec![
            account.into(),
            kind.as_str().into(),
            new.id.into(),
            new.title.trim().into(),
            new.body.into(),
            new.by.into(),
            now.into(),
            expected.into(),
        ];
        let update = Statement::new(sql, args).expecting(1);
        match self.catalog.write(vec![update]).await {
            Ok(_) => self.document(account, kind, new.id).await,
            Err(CatalogError::Conflict { .. }) => {
                Err(self.other_version(account, kind, new.id, expected).await)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes version `expected` of a document, or whatever version it has.
    pub async fn delete(
        &self,
        account: AccountId,
        kind: Kind,
        id: &str,
        expected: Option<i64>,
    ) -> Result<(), BoardsError> {
        let sql = "DELETE FROM documents WHERE account = $1 AND kind = $2 AND id = $3 \
                   AND ($4 = 0 OR version = $4)";
        let version = expected.unwrap_or(0);
        let args = vec![
            account.into(),
            kind.as_str().into(),
            id.into(),
            version.into(),
        ];
        let delete = Statement::new(sql, args).expecting(1);
        match self.catalog.write(vec![delete]).await {
            Ok(_) => Ok(()),
            Err(CatalogError::Conflict { .. }) => {
                Err(self.other_version(account, kind, id, version).await)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Why a version was not found: there is another one, or none.
    async fn other_version(
        &self,
        account: AccountId,
        kind: Kind,
        id: &str,
        expected: i64,
    ) -> BoardsError {
        match self.document(account, kind, id).await {
            Ok(found) => BoardsError::Version {
                what: kind.as_str(),
                id: id.to_owned(),
                expected,
                found: found.listed.version,
            },
            Err(error) => error,
        }
    }
}
