// SPDX-License-Identifier: Apache-2.0
//! The session cookie.
//!
//! `HttpOnly`: no script reads it. `SameSite=Strict`: no other site's page makes a browser send it;
//! a one-time link answers with a page of ours that goes on by itself, so that the browser sends
//! it there. On HTTPS the name begins with `__Host-`, which a browser accepts with `Secure`,
//! `Path=/` and no `Domain` only: no neighbour can set it. The plain door is for loopback, and
//! browsers keep a `Secure` cookie from it.

use http::{HeaderMap, HeaderValue, header};

use hw_identity::sessions::SESSION_SPAN;

fn name(https: bool) -> &'static str {
    if https {
        "__Host-headwater"
    } else {
        "headwater"
    }
}

/// The token in a request's cookie.
pub(super) fn read(headers: &HeaderMap, https: bool) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name(https))
        .map(|(_, token)| token)
}

/// `Set-Cookie` for a session that begins.
pub(super) fn begin(token: &str, https: bool) -> Option<HeaderValue> {
    line(token, SESSION_SPAN.as_secs(), https)
}

/// `Set-Cookie` for a session that has ended.
pub(super) fn end(https: bool) -> Option<HeaderValue> {
    line("", 0, https)
}

fn line(token: &str, seconds: u64, https: bool) -> Option<HeaderValue> {
    let (name, secure) = (name(https), if https { "; Secure" } else { "" });
    let rest = "Path=/; HttpOnly; SameSite=Strict";
    let line = format!("{name}={token}; Max-Age={seconds}; {rest}{secure}");
    HeaderValue::try_from(line).ok()
}
