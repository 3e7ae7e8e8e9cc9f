// SPDX-License-Identifier: Apache-2.0
//! Signs a request, for our own clients and tests.

use percent_encoding::utf8_percent_encode;

use crate::canonical::STRICT;
use crate::claim::ALGORITHM;
use crate::{Request, canonical, date, key};

/// Who signs, and for which region and service.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// Key id.
    pub access_key_id: &'a str,
    /// Its secret.
    pub secret_access_key: &'a str,
    /// Region of the scope.
    pub region: &'a str,
    /// Service of the scope.
    pub service: &'a str,
}

impl std::fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("region", &self.region)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// The headers `x-amz-date` and `authorization` that make `request` a signed one. All its headers
/// are signed; `host` must be among them.
pub fn sign(
    request: &Request<'_>,
    with: &Credentials<'_>,
    now_unix_s: i64,
) -> [(String, String); 2] {
    let date = date::format(now_unix_s);
    let day = &date[..8];
    let mut headers = request.headers.to_vec();
    headers.push(("x-amz-date", &date));
    let mut names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    let scope = format!("{day}/{}/{}/aws4_request", with.region, with.service);
    let dated = Request {
        headers: &headers,
        ..*request
    };
    let text = canonical::string_to_sign(&dated, &[], &names, &date, &scope);
    let key = key::signing_key(with.secret_access_key, day, with.region, with.service);
    let signature = hex::encode(key::hmac(&key, text.as_bytes()));
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={}, Signature={signature}",
        with.access_key_id,
        names.join(";"),
    );
    [
        ("x-amz-date".into(), date),
        ("authorization".into(), authorization),
    ]
}

/// The query that makes `request` a presigned one for `expires_s` seconds. All its headers are
/// signed; `host` must be among them. Its body must be sent as it is here.
pub fn presign(
    request: &Request<'_>,
    with: &Credentials<'_>,
    now_unix_s: i64,
    expires_s: u32,
) -> String {
    let date = date::format(now_unix_s);
    let day = &date[..8];
    let mut names: Vec<&str> = request.headers.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    let scope = format!("{day}/{}/{}/aws4_request", with.region, with.service);
    let credential = format!("{}/{scope}", with.access_key_id);
    let joined = names.join(";");
    let mut query = String::from(request.query);
    for (name, value) in [
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", &credential),
        ("X-Amz-Date", &date),
        ("X-Amz-Expires", &expires_s.to_string()),
        ("X-Amz-SignedHeaders", &joined),
    ] {
        let separator = if query.is_empty() { "" } else { "&" };
        query += &format!("{separator}{name}={}", utf8_percent_encode(value, STRICT));
    }
    let asked = Request {
        query: &query,
        ..*request
    };
    let text = canonical::string_to_sign(&asked, &[], &names, &date, &scope);
    let key = key::signing_key(with.secret_access_key, day, with.region, with.service);
    let signature = hex::encode(key::hmac(&key, text.as_bytes()));
    format!("{query}&X-Amz-Signature={signature}")
}
