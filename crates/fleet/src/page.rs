// SPDX-License-Identifier: Apache-2.0
//! Pages of lists of names.

use hw_kernel::port::catalog::Row;

use crate::FleetError;

/// Most names in one page, as on AWS IoT.
pub(crate) const PAGE_NAMES_MAX: usize = 250;

/// A page of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePage {
    /// In order.
    pub names: Vec<String>,
    /// Behind which the next page begins; `None` on the last.
    pub next: Option<String>,
}

/// How many names to ask a query for: the page and one more.
pub(crate) fn limit(count: usize) -> i64 {
    count.clamp(1, PAGE_NAMES_MAX) as i64 + 1
}

impl NamePage {
    /// From what a query gave for [`limit`] names.
    pub(crate) fn cut(rows: &[Row], count: usize) -> Result<Self, FleetError> {
        let count = count.clamp(1, PAGE_NAMES_MAX);
        let names = rows.iter().take(count);
        let names = names.map(|row| Ok(row.text(0)?.to_owned()));
        let names = names.collect::<Result<Vec<_>, FleetError>>()?;
        let next = names.last().filter(|_| rows.len() > count).cloned();
        Ok(Self { names, next })
    }
}
