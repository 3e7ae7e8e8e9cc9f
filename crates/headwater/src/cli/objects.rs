// SPDX-License-Identifier: Apache-2.0
//! Lists of the API on the terminal: a table for people, the objects themselves for programs.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::Failure;
use super::paint::Paint;
use super::table::{Align, Table};

/// Title and field.
pub type Column = (&'static str, &'static str);

/// Prints the objects of an array.
pub fn show(objects: &Value, columns: &[Column], json: bool) -> Result<(), Failure> {
    if json {
        return Ok(super::print_line(&format!("{objects:#}"))?);
    }
    let titles = columns.iter().map(|(title, _)| (*title, Align::Left));
    let mut table = Table::new(titles);
    for object in objects.as_array().into_iter().flatten() {
        table.push(columns.iter().map(|(_, field)| cell(&object[*field])));
    }
    Ok(super::print(&table.render(Paint::for_stdout()))?)
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A name as a segment of a path.
pub fn segment(name: &str) -> String {
    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string()
}
