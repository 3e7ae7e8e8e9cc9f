// SPDX-License-Identifier: Apache-2.0
//! Rows of a SQL answer: a table for people, JSON objects for programs.

use serde_json::{Map, Value};

use super::paint::Paint;
use super::table::{Align, Table};
use crate::client::Rows;

/// A table and the number of rows below it.
pub fn as_table(rows: &Rows, paint: Paint) -> String {
    let numeric = |at: usize| {
        let mut cells = rows
            .rows
            .iter()
            .filter_map(|row| row.get(at))
            .filter(|v| !v.is_null());
        let first = cells.next().is_some_and(Value::is_number);
        first && cells.all(Value::is_number)
    };
    let align = |at| {
        if numeric(at) {
            Align::Right
        } else {
            Align::Left
        }
    };
    let columns = rows.columns.iter().enumerate();
    let mut table = Table::new(columns.map(|(at, column)| (column.name.as_str(), align(at))));
    for row in &rows.rows {
        table.push(row.iter().map(cell));
    }
    let count = match rows.rows.len() {
        1 => "(1 row)".to_owned(),
        many => format!("({many} rows)"),
    };
    format!("{}{}\n", table.render(paint), paint.dim(&count))
}

/// A value as people write it; NULL is nothing.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// An array with an object per row, a row per line. A column whose name is taken gets a number,
/// so that none is lost.
pub fn as_json(rows: &Rows) -> String {
    let names = distinct(rows.columns.iter().map(|column| column.name.as_str()));
    let objects: Vec<String> = rows
        .rows
        .iter()
        .map(|row| {
            let pairs = names.iter().cloned().zip(row.iter().cloned());
            Value::Object(pairs.collect::<Map<_, _>>()).to_string()
        })
        .collect();
    match objects.as_slice() {
        [] => "[]\n".to_owned(),
        many => format!("[{}]\n", many.join(",\n ")),
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken: Vec<String> = Vec::new();
    for name in names {
        let mut free = name.to_owned();
        let mut number = 2;
        while taken.contains(&free) {
            free = format!("{name}_{number}");
            number += 1;
        }
        taken.push(free);
    }
    taken
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(columns: &[&str], rows: Value) -> Rows {
        let columns: Vec<Value> = columns
            .iter()
            .map(|n| json!({"name": n, "type": "x"}))
            .collect();
        serde_json::from_value(json!({"columns": columns, "rows": rows})).unwrap()
    }

    #[test]
    fn a_table_for_people() {
        let rows = rows(&["metric", "top"], json!([["flow", 6.0], ["unit", null]]));
        let expected = "\
metric  top
──────  ───
flow    6.0
unit
(2 rows)
";
        assert_eq!(as_table(&rows, Paint::plain()), expected);
    }

    #[test]
    fn objects_for_programs() {
        let two = rows(&["a", "b"], json!([[1, "x"], [2, null]]));
        assert_eq!(
            as_json(&two),
            "[{\"a\":1,\"b\":\"x\"},\n {\"a\":2,\"b\":null}]\n"
        );
        assert_eq!(as_json(&rows(&["a"], json!([]))), "[]\n");
    }

    #[test]
    fn no_column_is_lost() {
        let twice = rows(&["n", "n", "n_2"], json!([[1, 2, 3]]));
        assert_eq!(as_json(&twice), "[{\"n\":1,\"n_2\":2,\"n_2_2\":3}]\n");
    }
}
