// SPDX-License-Identifier: Apache-2.0
//! Things by name, in pages (ListThings).

use hw_model::AccountId;

use super::{Thing, read};
use crate::{Fleet, FleetError};

/// Most things in one page of a list.
pub const PAGE_THINGS_MAX: usize = 250;

/// Which things to list.
#[derive(Debug, Clone, Default)]
pub struct ThingFilter {
    /// Only things with this attribute …
    pub attribute_name: Option<String>,
    /// … and this value (or one that begins with it, if `prefix`).
    pub attribute_value: Option<String>,
    /// Whether the value is a prefix.
    pub prefix: bool,
    /// Only things of this type.
    pub thing_type: Option<String>,
}

impl ThingFilter {
    fn lets(&self, thing: &Thing) -> bool {
        let type_fits = self
            .thing_type
            .as_ref()
            .is_none_or(|wanted| thing.thing_type.as_ref() == Some(wanted));
        let attribute_fits = match (&self.attribute_name, &self.attribute_value) {
            (None, _) => true,
            (Some(name), None) => thing.attributes.contains_key(name),
            (Some(name), Some(wanted)) => thing.attributes.get(name).is_some_and(|value| {
                if self.prefix {
                    value.starts_with(wanted)
                } else {
                    value == wanted
                }
            }),
        };
        type_fits && attribute_fits
    }
}

/// A page of things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In order of their names.
    pub things: Vec<Thing>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
}

impl Fleet {
    /// A page of things by name, from behind `after`; `count` at most, and 250.
    pub async fn things(
        &self,
        account: AccountId,
        filter: &ThingFilter,
        after: Option<&str>,
        count: usize,
    ) -> Result<Page, FleetError> {
        let count = count.clamp(1, PAGE_THINGS_MAX);
        let sql = "SELECT thing_name, thing_id, thing_type, attributes, version, created_us \
                   FROM things WHERE account = $1 AND thing_name > $2 \
                   ORDER BY thing_name LIMIT $3";
        let mut things = Vec::new();
        let mut after = after.unwrap_or("").to_owned();
        loop {
            let read_max = PAGE_THINGS_MAX as i64 + 1;
            let args = vec![account.into(), after.as_str().into(), read_max.into()];
            let rows = self.catalog.read(sql, args).await?;
            for row in &rows {
                let thing = read(row)?;
                if things.len() == count && filter.lets(&thing) {
                    let next = things.last().map(|last: &Thing| last.name.clone());
                    return Ok(Page { things, next });
                }
                after.clone_from(&thing.name);
                if filter.lets(&thing) {
                    things.push(thing);
                }
            }
            if rows.len() <= PAGE_THINGS_MAX {
                return Ok(Page { things, next: None });
            }
        }
    }
}
