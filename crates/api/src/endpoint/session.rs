// SPDX-License-Identifier: Apache-2.0
//! `POST /session`: signs in with an API key; `DELETE /session`: signs out. Both are for the page.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::{header, request::Parts};
use hw_model::{ErrorKind, Secret};
use serde::Deserialize;
use serde_json::json;

use crate::auth::Door;
use crate::error::ApiError;
use crate::input;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    api_key: Secret,
}

/// Only our own page may do it, so that no other page signs people in as somebody else.
pub(crate) async fn begin(
    State(door): State<Arc<Door>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    own_page(&door, &parts)?;
    let request = Request::from_parts(parts.clone(), body);
    let input::Json(credentials) = input::Json::<Credentials>::from_request(request, &door).await?;
    let caller = door
        .key(&parts, credentials.api_key.expose().trim())
        .await?;
    let cookie = door.sign_in(caller)?;
    Ok(([(header::SET_COOKIE, cookie)], Json(json!({ "ok": true }))).into_response())
}

pub(crate) async fn end(
    State(door): State<Arc<Door>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    own_page(&door, &parts)?;
    let cookie = door.sign_out(&parts);
    let cookie = AppendHeaders(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok((cookie, Json(json!({ "ok": true }))).into_response())
}

fn own_page(door: &Door, parts: &Parts) -> Result<(), ApiError> {
    door.own_page(parts).map_err(|why| {
        door.refused(parts, None, why);
        ApiError::new(ErrorKind::Denied, why)
    })
}
