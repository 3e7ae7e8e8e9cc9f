// SPDX-License-Identifier: Apache-2.0
//! `GET /open/{token}`: opens a one-time link: begins a session, and a page that goes on to the
//! link's path.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};
use hw_identity::sessions::SessionOwner;

use crate::auth::Door;
use crate::error::ApiError;
use crate::headers::text;
use crate::input::Path;

const CAUSE: &str = "one-time link unknown, used or expired";
const OPENED: &str = include_str!("../../page/opened.html");
const GONE: &str = include_str!("../../page/gone.html");

pub(crate) async fn open(
    State(door): State<Arc<Door>>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    if only_looks(&parts) {
        // Whoever looks ahead must not use the link up for who clicks it.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let Some(link) = door.deps.state.links.take(&token, door.now()) else {
        door.refused(&parts, None, CAUSE);
        return Ok(gone());
    };
    let cookie = door
        .sign_in(&parts, link.account, &SessionOwner::Link, link.role)
        .await?;
    // A redirect would be part of the click in a mail, and the cookie stay behind; this page's own
    // going on is not.
    let refresh = HeaderValue::try_from(format!("0; url={}", link.path.as_str()));
    let refresh = refresh.map_err(|error| ApiError::internal(&error))?;
    let headers = [(header::SET_COOKIE, cookie), (header::REFRESH, refresh)];
    Ok((headers, opened()).into_response())
}

/// HEAD requests of link checkers, and pages that a browser fetches before anybody asks for them.
fn only_looks(parts: &http::request::Parts) -> bool {
    let purpose = text(&parts.headers, "sec-purpose").or(text(&parts.headers, "purpose"));
    parts.method == Method::HEAD || purpose.is_some_and(|purpose| purpose.contains("prefetch"))
}

/// A link that opened: the page goes on by itself.
fn opened() -> Response {
    Html(OPENED).into_response()
}

/// A link that opens nothing.
fn gone() -> Response {
    (StatusCode::GONE, Html(GONE)).into_response()
}
