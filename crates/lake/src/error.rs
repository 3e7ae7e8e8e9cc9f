// SPDX-License-Identifier: Apache-2.0
//! From the errors below to the few that a caller of the tables can act on.

use std::error::Error;

use hw_kernel::port::blobs::BlobError;
use hw_kernel::port::catalog::CatalogError;
use hw_kernel::port::tables::TableError;

/// What an error means for `table`: the deepest cause that is known by kind decides.
pub(crate) fn table_error(table: &str, error: &(dyn Error + 'static)) -> TableError {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(known) = known(table, cause) {
            return known;
        }
        next = cause.source();
    }
    TableError::Engine {
        table: table.to_owned(),
        detail: chain(error),
    }
}

fn known(table: &str, cause: &(dyn Error + 'static)) -> Option<TableError> {
    if let Some(iceberg) = cause.downcast_ref::<iceberg::Error>() {
        let conflict = iceberg.kind() == iceberg::ErrorKind::CatalogCommitConflicts;
        return conflict.then(|| TableError::Stale(table.to_owned()));
    }
    let damaged = |detail: &dyn std::fmt::Display| TableError::Damaged {
        table: table.to_owned(),
        detail: detail.to_string(),
    };
    match cause.downcast_ref::<BlobError>() {
        Some(BlobError::Full) => return Some(TableError::Full),
        Some(gone @ (BlobError::NotFound(_) | BlobError::Damaged { .. })) => {
            return Some(damaged(gone));
        }
        _ => {}
    }
    match cause.downcast_ref::<CatalogError>()? {
        CatalogError::Full => Some(TableError::Full),
        CatalogError::Conflict { .. } | CatalogError::Constraint { .. } => {
            Some(TableError::Stale(table.to_owned()))
        }
        broken @ (CatalogError::Damaged(_) | CatalogError::WrongType { .. }) => {
            Some(damaged(broken))
        }
        CatalogError::Engine(_) => None,
    }
}

/// An error with its sources, in one line.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_known_cause_decides() {
        let wrapped = |source: BlobError| {
            iceberg::Error::new(iceberg::ErrorKind::Unexpected, "a write failed")
                .with_source(source)
        };
        let full = table_error("t", &wrapped(BlobError::Full));
        assert!(matches!(full, TableError::Full), "{full:?}");
        let gone = table_error("t", &wrapped(BlobError::NotFound("k".into())));
        assert!(matches!(gone, TableError::Damaged { .. }), "{gone:?}");
        let other = table_error("t", &wrapped(BlobError::BadKey("k".into())));
        assert!(other.to_string().contains("is not a key"), "{other}");
    }
}
