// SPDX-License-Identifier: Apache-2.0
//! What an operation is given: labels of the path, query, headers and body.

use bytes::Bytes;
use http::HeaderMap;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use crate::error::AwsError;

/// A request taken apart.
#[derive(Debug, Default)]
pub struct Input {
    /// Labels of the path, decoded.
    pub labels: Vec<(&'static str, String)>,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Input {
    /// A label of the path.
    pub fn label(&self, name: &str) -> &str {
        let label = self.labels.iter().find(|(known, _)| *known == name);
        label.map_or("", |(_, value)| value)
    }

    /// A query parameter; an empty one counts as absent.
    pub fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A boolean query parameter.
    pub fn flag(&self, name: &str) -> Result<bool, AwsError> {
        match self.query(name) {
            None => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(AwsError::invalid(format!("{name} must be true or false"))),
        }
    }

    /// A whole number in the query.
    pub fn number(&self, name: &str) -> Result<Option<i64>, AwsError> {
        let parse = |text: &str| {
            text.parse()
                .map_err(|_| AwsError::invalid(format!("{name} must be a whole number")))
        };
        self.query(name).map(parse).transpose()
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as JSON; an empty body is an empty object.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, AwsError> {
        let body: &[u8] = if self.body.is_empty() {
            b"{}"
        } else {
            &self.body
        };
        serde_json::from_slice(body).map_err(|error| {
            AwsError::new(
                "InvalidRequestException",
                400,
                format!("Invalid JSON: {error}"),
            )
        })
    }
}

/// Decodes a query or form. Undecodable bytes become U+FFFD.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        percent_decode_str(&text.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}
