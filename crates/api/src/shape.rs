// SPDX-License-Identifier: Apache-2.0
//! In which form rows are wanted: what the request names, else JSON.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::headers;

/// As browsers and tools know it.
pub(crate) const PARQUET: &str = "application/vnd.apache.parquet";

/// A form of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Shape {
    Json,
    Csv,
    Parquet,
}

/// The first of the forms that `Accept` names.
pub(crate) fn accepted(headers: &HeaderMap) -> Shape {
    let accepts = headers::text(headers, header::ACCEPT).unwrap_or_default();
    let known = accepts.split(',').find_map(|part| {
        let kind = part.split(';').next().unwrap_or_default();
        match kind.trim().to_ascii_lowercase().as_str() {
            "text/csv" => Some(Shape::Csv),
            PARQUET => Some(Shape::Parquet),
            "application/json" | "application/*" | "*/*" => Some(Shape::Json),
            _ => None,
        }
    });
    known.unwrap_or(Shape::Json)
}

/// An answer of Parquet.
pub(crate) fn parquet(file: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, PARQUET)], file).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_wants_what() {
        for (accept, shape) in [
            ("text/csv", Shape::Csv),
            ("text/html, text/csv;q=0.9, */*", Shape::Csv),
            ("application/json, text/csv", Shape::Json),
            ("application/vnd.apache.parquet", Shape::Parquet),
            ("Application/VND.Apache.Parquet;q=1", Shape::Parquet),
            ("*/*", Shape::Json),
            ("", Shape::Json),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, http::HeaderValue::from_static(accept));
            assert_eq!(accepted(&headers), shape, "{accept}");
        }
    }
}
