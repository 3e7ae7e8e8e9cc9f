// SPDX-License-Identifier: Apache-2.0
//! The page, made by hand: `GET /`, `/things/{name}`, `/topic?name=…` and its files.
//!
//! One document for all three: its script reads the path. What devices name never meets HTML here.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use crate::auth::Door;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// (name behind `/page/`, content type, text).
const FILES: &[(&str, &str, &str)] = &[
    (
        "icon.svg",
        "image/svg+xml",
        include_str!("../../page/icon.svg"),
    ),
    ("style.css", CSS, include_str!("../../page/style.css")),
    ("chart.css", CSS, include_str!("../../page/chart.css")),
    ("main.js", SCRIPT, include_str!("../../page/main.js")),
    ("sign-in.js", SCRIPT, include_str!("../../page/sign-in.js")),
    ("setup.js", SCRIPT, include_str!("../../page/setup.js")),
    ("list.js", SCRIPT, include_str!("../../page/list.js")),
    ("source.js", SCRIPT, include_str!("../../page/source.js")),
    ("history.js", SCRIPT, include_str!("../../page/history.js")),
    ("live.js", SCRIPT, include_str!("../../page/live.js")),
    ("message.js", SCRIPT, include_str!("../../page/message.js")),
    ("leaves.js", SCRIPT, include_str!("../../page/leaves.js")),
    ("latest.js", SCRIPT, include_str!("../../page/latest.js")),
    ("chart.js", SCRIPT, include_str!("../../page/chart.js")),
    ("reader.js", SCRIPT, include_str!("../../page/reader.js")),
    ("scale.js", SCRIPT, include_str!("../../page/scale.js")),
    ("words.js", SCRIPT, include_str!("../../page/words.js")),
    ("ask.js", SCRIPT, include_str!("../../page/ask.js")),
    ("build.js", SCRIPT, include_str!("../../page/build.js")),
];

/// The page for who is signed in, the form that asks for a key for everybody else.
pub(crate) async fn page(State(door): State<Arc<Door>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match door.session(&parts).await {
        Ok(Some(_)) => html(StatusCode::OK, include_str!("../../page/page.html")),
        Ok(None) => {
            let form = include_str!("../../page/sign-in.html");
            html(StatusCode::UNAUTHORIZED, form)
        }
        Err(error) => error.into_response(),
    }
}

/// The page behind a link with which a password is chosen: its script reads the token.
pub(crate) async fn setup() -> Response {
    html(StatusCode::OK, include_str!("../../page/setup.html"))
}

/// A one-time link that opened: the page goes on by itself.
pub(super) fn opened() -> Response {
    html(StatusCode::OK, include_str!("../../page/opened.html"))
}

/// A file of the page. They hold no secret, and the form needs some of them.
pub(crate) async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(file, _, _)| *file == name) {
        Some((_, kind, text)) => {
            let headers = [
                (header::CONTENT_TYPE, *kind),
                (header::CACHE_CONTROL, "no-cache"),
            ];
            (headers, *text).into_response()
        }
        None => not_found(),
    }
}

/// A one-time link that opens nothing.
pub(super) fn gone() -> Response {
    html(StatusCode::GONE, include_str!("../../page/gone.html"))
}

/// No such page.
pub(super) fn not_found() -> Response {
    let text = include_str!("../../page/not-found.html");
    html(StatusCode::NOT_FOUND, text)
}

fn html(status: StatusCode, text: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, HTML)], text).into_response()
}
