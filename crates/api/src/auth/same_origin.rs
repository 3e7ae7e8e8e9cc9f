// SPDX-License-Identifier: Apache-2.0
//! Whether a request that carries the cookie was made by our own page.
//!
//! Browsers say so in `Sec-Fetch-Site` (on HTTPS and loopback) or in `Origin`; a page can forge
//! neither. A request that changes something must prove it; one that only reads must not say
//! otherwise. `same-site` is not enough: another port of the same host is the same site.

use http::request::Parts;
use http::{Method, header};

use crate::headers::text;

/// # Errors
/// Why not, in words.
pub(super) fn check(parts: &Parts, https: bool) -> Result<(), &'static str> {
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    match text(&parts.headers, "sec-fetch-site") {
        Some("same-origin") => Ok(()),
        // Typed into the address bar.
        Some("none") if reads => Ok(()),
        Some(_) => Err("the request comes from another site's page"),
        // Old browsers say nothing of a read that no page made, and name the page's origin else.
        None if reads && !parts.headers.contains_key(header::ORIGIN) => Ok(()),
        None => origin(parts, https),
    }
}

/// The same of what a page can do to a session though it only reads: to open a WebSocket, for which
/// browsers ask nobody first.
pub(super) fn check_page(parts: &Parts, https: bool) -> Result<(), &'static str> {
    match text(&parts.headers, "sec-fetch-site") {
        None | Some("same-origin") => origin(parts, https),
        Some(_) => Err("the request comes from another site's page"),
    }
}

fn origin(parts: &Parts, https: bool) -> Result<(), &'static str> {
    let Some(origin) = text(&parts.headers, header::ORIGIN) else {
        return Err("a request with a session cookie must have an Origin; programs use an API key");
    };
    let (scheme, authority) = origin.split_once("://").unwrap_or(("", ""));
    let asked = parts.uri.authority().map(|authority| authority.as_str());
    let asked = asked
        .or(text(&parts.headers, header::HOST))
        .unwrap_or_default();
    // A plain door may stand behind somebody's TLS proxy.
    let scheme_fits = scheme == "https" || (scheme == "http" && !https);
    let same = without_default_port(authority).eq_ignore_ascii_case(without_default_port(asked));
    if scheme_fits && same && !asked.is_empty() {
        Ok(())
    } else {
        Err("the request comes from another site's page")
    }
}

fn without_default_port(authority: &str) -> &str {
    let bare = authority.strip_suffix(":443");
    bare.or(authority.strip_suffix(":80")).unwrap_or(authority)
}
