// SPDX-License-Identifier: Apache-2.0
//! `GET /open/{token}`: opens a one-time link: begins a session and goes on to the link's path.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};

use super::page;
use crate::auth::Door;
use crate::error::ApiError;
use crate::headers::text;

const CAUSE: &str = "one-time link unknown, used or expired";

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
        return Ok(page::gone());
    };
    let cookie = door.sign_in(link.caller)?;
    let path = HeaderValue::try_from(link.path.as_str());
    let path = path.map_err(|error| ApiError::internal(&error))?;
    let headers = [(header::SET_COOKIE, cookie), (header::LOCATION, path)];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// HEAD requests of link checkers, and pages that a browser fetches before anybody asks for them.
fn only_looks(parts: &http::request::Parts) -> bool {
    let purpose = text(&parts.headers, "sec-purpose").or(text(&parts.headers, "purpose"));
    parts.method == Method::HEAD || purpose.is_some_and(|purpose| purpose.contains("prefetch"))
}
