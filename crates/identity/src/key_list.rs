// SPDX-License-Identifier: Apache-2.0
//! Lists and revokes keys of both kinds: API keys (`hw_…`) and access keys (`AKIA…`).

use hw_kernel::admission::{AdmissionChanges, Touched};
use hw_kernel::port::catalog::{CatalogError, Row, Statement};
use hw_model::{AccountId, Timestamp};

use crate::api_keys::Role;
use crate::users::moment;
use crate::{Identity, IdentityError, sessions};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// SQL, the HTTP API, the PostgreSQL password.
    Api,
    /// AWS APIs.
    Access,
}

impl KeyKind {
    /// As it is shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Access => "access",
        }
    }
}

/// A key as lists show it: never its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedKey {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub kind: KeyKind,
    /// What people call it.
    pub label: String,
    /// What it may do.
    pub role: Role,
    /// Who made it: `user NAME`, `key ID`, `admin socket`; `None` if that is not known.
    pub made_by: Option<String>,
    /// When.
    pub created: Timestamp,
    /// Its last use, to ten minutes.
    pub last_used: Option<Timestamp>,
}

const LIST: &str = "SELECT key_id, 'api', label, role, made_by, created_us, last_used_us \
                    FROM api_keys WHERE account = $1 \
                    UNION ALL \
                    SELECT access_key_id, 'access', label, 'admin', made_by, created_us, \
                    last_used_us FROM access_keys WHERE account = $1 AND status = 'Active' \
                    ORDER BY 6 DESC, 1";

impl Identity {
    /// The keys of an account, the newest first.
    pub async fn keys(&self, account: AccountId) -> Result<Vec<ListedKey>, IdentityError> {
        let rows = self.catalog.read(LIST, vec![account.into()]).await?;
        rows.iter().map(read).collect()
    }

    /// Ends a key, the keys that it made, and the sessions of all of them.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn revoke_key(&self, account: AccountId, id: &str) -> Result<(), IdentityError> {
        let (what, own) = if id.starts_with("AKIA") {
            let sql = "DELETE FROM access_keys WHERE account = $1 AND access_key_id = $2";
            ("access key", sql)
        } else {
            let sql = "DELETE FROM api_keys WHERE account = $1 AND key_id = $2";
            ("API key", sql)
        };
        let sessions_of_made = "DELETE FROM sessions WHERE account = $1 AND owner_kind = 'key' \
             AND owner IN (SELECT key_id FROM api_keys WHERE account = $1 AND made_by = $2)";
        let made_by = format!("key {id}");
        let by = |sql| Statement::new(sql, vec![account.into(), made_by.as_str().into()]);
        let statements = vec![
            Statement::new(own, vec![account.into(), id.into()]).expecting(1),
            Statement::new(sessions::END_OF_KEY, vec![account.into(), id.into()]),
            by(sessions_of_made),
            by("DELETE FROM api_keys WHERE account = $1 AND made_by = $2"),
            by("DELETE FROM access_keys WHERE account = $1 AND made_by = $2"),
        ];
        match self.catalog.write(statements).await {
            Ok(_) => {
                self.changes.touched(account, &Touched::Named);
                Ok(())
            }
            Err(CatalogError::Conflict { .. }) => Err(IdentityError::NotFound {
                what,
                name: id.to_owned(),
            }),
            Err(error) => Err(error.into()),
        }
    }
}

fn read(row: &Row) -> Result<ListedKey, IdentityError> {
    Ok(ListedKey {
        id: row.text(0)?.to_owned(),
        kind: match row.text(1)? {
            "access" => KeyKind::Access,
            _ => KeyKind::Api,
        },
        label: row.text(2)?.to_owned(),
        role: Role::stored(row.text(3)?),
        made_by: row.text_or_null(4)?.map(str::to_owned),
        created: Timestamp(row.int(5)?),
        last_used: moment(row, 6)?,
    })
}
