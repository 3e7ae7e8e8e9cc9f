// SPDX-License-Identifier: Apache-2.0
//! The console as it is sent: built by `console/`, embedded by `build.rs`, compressed beforehand.
//!
//! Every path that is no file gets the one document, whose script reads the path. What a browser may
//! do with it stands in its policy: our files and the one script that stands in the document, known
//! by its hash.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};

/// The document.
const DOCUMENT: &str = "/index.html";

/// Files here are named by what is in them.
const FOREVER: &str = "/_app/immutable/";

const NOT_BUILT: &str = "This headwater was built without its console. To build both:\n\n    \
                         make console && cargo build --release --bins\n\n\
                         The API is at /api/v1; docs/api.md describes it.\n";

/// A file as `build.rs` lists it.
struct Embedded {
    path: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

const EMBEDDED: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/site.rs"));

/// A file that is ready to be sent.
struct File {
    embedded: &'static Embedded,
    kind: HeaderValue,
    etag: HeaderValue,
}

/// The files, and the policy of the document.
pub(crate) struct Site {
    files: BTreeMap<&'static str, File>,
    policy: HeaderValue,
}

impl Site {
    /// What was embedded.
    pub(crate) fn embedded() -> Self {
        let file = |embedded: &'static Embedded| File {
            kind: HeaderValue::from_static(kind(embedded.path)),
            etag: etag(embedded.plain),
            embedded,
        };
        let files = EMBEDDED.iter().map(|one| (one.path, file(one))).collect();
        let document = EMBEDDED.iter().find(|one| one.path == DOCUMENT);
        let document =
            document.map_or("", |one| std::str::from_utf8(one.plain).unwrap_or_default());
        Self {
            files,
            policy: policy(document),
        }
    }

    /// Answers for a path outside the API.
    pub(crate) fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return StatusCode::METHOD_NOT_ALLOWED.into_response();
        }
        if path != DOCUMENT
            && let Some(file) = self.files.get(path)
        {
            let keep = if path.starts_with(FOREVER) {
                "public, max-age=31536000, immutable"
            } else {
                "no-cache"
            };
            return file.answer(headers, keep);
        }
        if path.starts_with("/_app/") {
            return StatusCode::NOT_FOUND.into_response();
        }
        let Some(document) = self.files.get(DOCUMENT) else {
            return (StatusCode::NOT_FOUND, NOT_BUILT).into_response();
        };
        let mut answer = document.answer(headers, "no-cache");
        let policy = self.policy.clone();
        answer
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
        answer
    }
}

impl File {
    fn answer(&self, asked: &HeaderMap, keep: &'static str) -> Response {
        let same = asked.get_all(header::IF_NONE_MATCH).iter().any(|known| {
            let known = known.to_str().unwrap_or_default();
            known
                .split(',')
                .any(|one| one.trim().trim_start_matches("W/") == self.etag)
        });
        let (encoding, bytes) = self.packed(asked);
        let body = if same { &[][..] } else { bytes };
        let mut answer = body.into_response();
        if same {
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, self.kind.clone());
        headers.insert(header::ETAG, self.etag.clone());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Some(encoding) = encoding.filter(|_| !same) {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        answer
    }

    /// The smallest form that the client reads (RFC 9110, section 12.5.3).
    fn packed(&self, asked: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
        let forms = [("br", self.embedded.brotli), ("gzip", self.embedded.gzip)];
        let found = forms.into_iter().find_map(|(name, bytes)| {
            let bytes = bytes.filter(|_| accepts(asked, header::ACCEPT_ENCODING, name))?;
            Some((Some(name), bytes))
        });
        found.unwrap_or((None, self.embedded.plain))
    }
}

fn accepts(headers: &HeaderMap, name: HeaderName, wanted: &str) -> bool {
    let values = headers.get_all(name);
    let mut parts = values
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    parts.any(|part| {
        let (coding, quality) = part.split_once(';').unwrap_or((part, ""));
        let quality = quality.trim().trim_start_matches("q=");
        coding.trim().eq_ignore_ascii_case(wanted) && quality.parse::<f32>().unwrap_or(1.0) > 0.0
    })
}

fn etag(bytes: &[u8]) -> HeaderValue {
    let hash = BASE64_URL_SAFE_NO_PAD.encode(&digest(&SHA256, bytes).as_ref()[..18]);
    HeaderValue::try_from(format!("\"{hash}\"")).expect("base64 is ASCII")
}

/// The console's own files and nothing from anywhere else.
fn policy(document: &str) -> HeaderValue {
    let hashes = inline_scripts(document).map(|script| {
        let hash = BASE64_STANDARD.encode(digest(&SHA256, script.as_bytes()));
        format!(" 'sha256-{hash}'")
    });
    let scripts: String = hashes.collect();
    let policy = format!(
        "default-src 'none'; script-src 'self'{scripts}; style-src 'self'; connect-src 'self'; \
         img-src 'self' data: blob:; worker-src 'self' blob:; manifest-src 'self'; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    );
    HeaderValue::try_from(policy).expect("it is ASCII")
}

/// What stands between `<script>` and `</script>`; scripts with a `src` have none.
fn inline_scripts(document: &str) -> impl Iterator<Item = &str> {
    let parts = document.split("<script>").skip(1);
    parts.filter_map(|part| part.split_once("</script>").map(|(script, _)| script))
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "geojson" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_has_the_hash_of_each_script_in_the_document() {
        // `printf 'alert(1)' | openssl dgst -sha256 -binary | base64`
        let hash = "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='";
        let policy = policy("<script src=\"/a.js\"></script><script>alert(1)</script>");
        let text = policy.to_str().expect("ASCII");
        assert!(
            text.contains(&format!("script-src 'self' {hash};")),
            "{text}"
        );
        assert!(!text.contains("unsafe"), "{text}");
    }

    #[test]
    fn an_encoding_with_quality_zero_is_not_accepted() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("gzip;q=0, BR ; q=0.5"),
        );
        assert!(!accepts(&headers, header::ACCEPT_ENCODING, "gzip"));
        assert!(accepts(&headers, header::ACCEPT_ENCODING, "br"));
    }
}
