// SPDX-License-Identifier: Apache-2.0
//! `obj_description`, `col_description` and `to_regclass`: tables and columns by id, from specs.

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
    vec![object, column, to_regclass(described)]
}

/// `to_regclass(name)`: the id of a table of that name, NULL if there is none.
fn to_regclass(described: Described) -> ScalarUDF {
    by_row("to_regclass", DataType::Int32, move |args| {
        let id = args.text(0).and_then(|name| {
            let name = name.replace('"', "");
            if let Some(id) = oid::of_system(&name) {
                return Some(id);
            }
            let name = name.strip_prefix("public.").unwrap_or(&name);
            let specs = described.read();
            let known = specs.iter().any(|spec| spec.name == name);
            known.then(|| oid::table(name))
        });
        Ok(ScalarValue::Int32(id.and_then(|id| i32::try_from(id).ok())))
    })
}
