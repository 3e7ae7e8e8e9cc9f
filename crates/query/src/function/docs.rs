// SPDX-License-Identifier: Apache-2.0
//! `obj_description` and `col_description`: what tables and columns hold, from their specs.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::ScalarUDF;

use super::call::by_row;
use crate::catalog::{Described, oid};

/// The functions read what the catalog saw last: a statement that has an object's id has it from
/// the catalog's own tables.
pub(super) fn functions(described: Described) -> Vec<ScalarUDF> {
    let tables = described.clone();
    let object = by_row("obj_description", DataType::Utf8, move |args| {
        let doc = args.int(0).and_then(|id| {
            let specs = tables.read();
            specs
                .iter()
                .find(|spec| oid::table(spec.name) == id)
                .map(|spec| spec.doc)
        });
        Ok(ScalarValue::Utf8(doc.map(str::to_owned)))
    });
    let columns = Arc::clone(&described);
    let column = by_row("col_description", DataType::Utf8, move |args| {
        let doc = args.int(0).zip(args.int(1)).and_then(|(id, number)| {
            let specs = columns.read();
            let spec = specs.iter().find(|spec| oid::table(spec.name) == id)?;
            let index = usize::try_from(number.checked_sub(1)?).ok()?;
            spec.columns.get(index).map(|column| column.doc)
        });
        Ok(ScalarValue::Utf8(doc.map(str::to_owned)))
    });
    vec![object, column]
}
