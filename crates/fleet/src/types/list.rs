// SPDX-License-Identifier: Apache-2.0
//! Types by name, in pages (ListThingTypes).

use hw_model::AccountId;

use super::{ThingType, read};
use crate::page::{NamePage, limit};
use crate::{Fleet, FleetError};

/// A page of types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypePage {
    /// In order of their names.
    pub types: Vec<ThingType>,
    /// Behind which the next page begins; `None` on the last.
    pub next: Option<String>,
}

impl Fleet {
    /// A page of the account's types, from behind `after`; only the one of that name if it is given.
    pub async fn thing_types(
        &self,
        account: AccountId,
        only: Option<&str>,
        after: Option<&str>,
        count: usize,
    ) -> Result<TypePage, FleetError> {
        let sql = "SELECT type_name, type_id, description, searchable_attributes, created_us, \
                   deprecated_us, version FROM thing_types \
                   WHERE account = $1 AND type_name > $2 AND ($3 = '' OR type_name = $3) \
                   ORDER BY type_name LIMIT $4";
        let args = vec![
            account.into(),
            after.unwrap_or_default().into(),
            only.unwrap_or_default().into(),
            limit(count).into(),
        ];
        let rows = self.catalog.read(sql, args).await?;
        let NamePage { names, next } = NamePage::cut(&rows, count)?;
        let types = rows.iter().take(names.len()).map(read);
        Ok(TypePage {
            types: types.collect::<Result<_, _>>()?,
            next,
        })
    }
}
