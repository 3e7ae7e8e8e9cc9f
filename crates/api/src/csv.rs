// SPDX-License-Identifier: Apache-2.0
//! CSV (RFC 4180), for whoever wants it rather than JSON.

use axum::response::{IntoResponse, Response};
use http::header;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::ApiError;

/// An answer of CSV.
pub(crate) fn answer(text: String) -> Response {
    let kind = "text/csv; charset=utf-8; header=present";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// A text as a cell. One that a spreadsheet would take for a formula is not changed: the file is
/// data, and says what the device said.
pub(crate) fn cell(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

/// A line of cells.
pub(crate) fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(&cell);
    }
    out.push_str("\r\n");
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    columns: Vec<Column<'a>>,
    #[serde(borrow)]
    rows: Vec<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Column<'a> {
    #[serde(borrow)]
    name: std::borrow::Cow<'a, str>,
}

/// The JSON of a SQL answer as CSV: NULL is empty, arrays and records are JSON.
pub(crate) fn of_answer(json: &str) -> Result<String, ApiError> {
    let answer: Answer<'_> =
        serde_json::from_str(json).map_err(|error| ApiError::internal(&error))?;
    let mut out = String::new();
    line(
        &mut out,
        answer.columns.iter().map(|column| cell(&column.name)),
    );
    for row in &answer.rows {
        line(&mut out, row.iter().map(|value| raw(value.get())));
    }
    Ok(out)
}

fn raw(json: &str) -> String {
    if json == "null" {
        return String::new();
    }
    match serde_json::from_str::<std::borrow::Cow<'_, str>>(json) {
        Ok(text) => cell(&text),
        Err(_) => cell(json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer() {
        let json = r#"{"columns":[{"name":"a","type":"x"},{"name":"b,c","type":"x"}],
            "rows":[[1.50,"x\"y"],[null,"=1"],[true,[1,2]]]}"#;
        let expected = "a,\"b,c\"\r\n1.50,\"x\"\"y\"\r\n,=1\r\ntrue,\"[1,2]\"\r\n";
        assert_eq!(of_answer(json).ok().as_deref(), Some(expected));
    }
}
