// SPDX-License-Identifier: Apache-2.0
//! The canonical request and the string to sign.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::Request;

/// What RFC 3986 calls unreserved stays as it is.
pub(crate) const STRICT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const PATH: &AsciiSet = &STRICT.remove(b'/');

/// The string to sign of `request` with these signed headers, and its query parameters but those
/// named in `without`.
pub(crate) fn string_to_sign(
    request: &Request<'_>,
    without: &[&str],
    signed_headers: &[&str],
    date: &str,
    scope: &str,
) -> String {
    let canonical = canonical_request(request, without, signed_headers);
    let hash = hex::encode(Sha256::digest(canonical));
    format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}")
}

fn canonical_request(request: &Request<'_>, without: &[&str], signed_headers: &[&str]) -> String {
    let mut headers = String::new();
    for name in signed_headers {
        let values = request.headers.iter().filter(|(known, _)| known == name);
        let values: Vec<String> = values.map(|(_, value)| folded(value)).collect();
        headers += &format!("{name}:{}\n", values.join(","));
    }
    format!(
        "{}\n{}\n{}\n{headers}\n{}\n{}",
        request.method,
        canonical_path(request.path),
        canonical_query(request.query, without),
        signed_headers.join(";"),
        hex::encode(Sha256::digest(request.body)),
    )
}

/// Trimmed, and runs of spaces folded into one.
fn folded(value: &str) -> String {
    value.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// Dot segments and empty segments go, as the SDKs do it, then every segment is encoded once more.
fn canonical_path(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    let tail = if path.ends_with('/') && !segments.is_empty() {
        "/"
    } else {
        ""
    };
    let path = format!("/{}{tail}", segments.join("/"));
    utf8_percent_encode(&path, PATH).to_string()
}

fn canonical_query(query: &str, without: &[&str]) -> String {
    let encode = |text: &str| {
        let bytes: Vec<u8> = percent_decode_str(text).collect();
        percent_encoding::percent_encode(&bytes, STRICT).to_string()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<(String, String)> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(|(name, _)| !without.contains(name))
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}
